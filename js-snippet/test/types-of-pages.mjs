// Page types for the accuracy suite. `§` becomes a running mark, by which the driver knows elements and which the script
// does not look at; `~word` becomes an id, or nothing on the pages that name nothing.

const WORDS = "alpha bravo delta echo golf hotel india juliet lima mike oscar papa romeo sierra tango uniform victor whisky yankee zulu".split(" ");
const list = (count, part) => Array.from({ length: count }, (_, index) => part(index, WORDS[index % WORDS.length])).join("");
const text = (words) => list(words, (index) => `word${index % 7 ? "" : ","} `);
const card = (index, word) => `<article §><h3 §>Card</h3><p §>${text(12)}</p><a § ~${word}-link href="#"><b>More</b> of it</a><button § ~${word}-buy><span>Buy</span></button></article>`;

/** Name, style, body; `inner` is the selector of an inner scroller, `frame` says that the content lies in a frame. */
export const TYPES = [
  ["centred column", "main{max-width:640px;margin:0 auto}", `<main § ~content>${list(12, card)}</main>`],
  ["fluid grid", "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px}", `<main §>${list(18, card)}</main>`],
  ["sticky header", "header{position:sticky;top:0;background:#ddd;z-index:2;display:flex;gap:8px;padding:8px}", `<header § ~top>${list(5, (_, word) => `<a § ~${word}-nav href="#">Item</a>`)}</header><main §>${list(14, card)}</main>`],
  ["fixed footer", "footer{position:fixed;bottom:0;left:0;right:0;background:#ddd;padding:12px}", `<main §>${list(12, card)}</main><footer § ~bar><button § ~accept>Yes</button><button § ~refuse>No</button></footer>`],
  ["sidebar", "body{display:flex;flex-wrap:wrap}nav{width:220px}main{flex:1;min-width:320px}nav a{display:block;padding:6px}", `<nav § ~side>${list(15, (_, word) => `<a § ~${word}-side href="#">Item</a>`)}</nav><main §>${list(10, card)}</main>`],
  ["inner scroller", "#bar{height:60px;background:#ccc}.scroller{height:calc(100vh - 60px);overflow:auto}", `<div § id="bar">Top</div><div § class="scroller">${list(14, card)}</div>`, { inner: ".scroller" }],
  ["shadow roots", "", `<main §>${list(8, (_, word) => `<x-card § ~${word}-card style="display:block"></x-card>`)}</main><script>let n=0;for(const host of document.querySelectorAll("x-card")){n++;host.attachShadow({mode:"open"}).innerHTML='<style>div{padding:20px;border:1px solid}</style><div data-k="s'+n+'a"><p data-k="s'+n+'b">Some text in it</p><button data-k="s'+n+'c" ~inside>In</button><a data-k="s'+n+'d" href="#">Out</a></div>'}</script>`],
  ["nested shadow roots", "", `<x-outer § style="display:block"></x-outer><x-outer § style="display:block"></x-outer><script>let n=0;for(const host of document.querySelectorAll("x-outer")){n++;const one=host.attachShadow({mode:"open"});one.innerHTML='<p data-k="o'+n+'">Text</p><x-in data-k="h'+n+'a" style="display:block"></x-in><x-in data-k="h'+n+'b" style="display:block"></x-in>';let m=0;for(const inner of one.querySelectorAll("x-in")){m++;inner.attachShadow({mode:"open"}).innerHTML='<button data-k="i'+n+m+'a" style="padding:30px">One</button><button data-k="i'+n+m+'b" style="padding:30px">Two</button>'}}</script>`],
  ["late images", "img{display:block;width:100%;max-width:500px}", `<main §>${list(8, (index, word) => `<section §><img § alt=""><button § ~${word}-see>See</button><p §>${text(30)}</p></section>`)}</main><script>addEventListener("load",()=>document.querySelectorAll("img").forEach((image,i)=>{image.src="data:image/svg+xml,"+encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="500" height="'+(100+i*40)+'"/>')}))</script>`],
  ["accordion", "summary{padding:10px}", `<main §>${list(10, (_, word) => `<details § ~${word}-more><summary §>Question</summary><p §>${text(60)}</p><a § href="#">Answer</a></details>`)}</main>`],
  ["virtual list", "#box{position:relative}li{position:absolute;left:0;right:0;height:40px;list-style:none;border-bottom:1px solid}", `<ul § id="box" style="height:8000px"></ul><script>const draw=()=>{const from=Math.floor(scrollY/40);box.innerHTML="";for(let i=from;i<Math.min(200,from+40);i++){const row=document.createElement("li");row.setAttribute("aria-posinset",i+1);row.setAttribute("aria-setsize",200);row.dataset.k="r"+i;row.style.top=i*40+"px";row.innerHTML='<button data-k="b'+i+'">Row</button> <a data-k="a'+i+'" href="#">Link</a>';box.append(row)}};let at=-1;addEventListener("scroll",()=>{const now=Math.floor(scrollY/40);if(now!==at){at=now;draw()}});draw()</script>`, { follow: true }],
  ["right to left", "main{max-width:800px}", `<main §>${list(12, card)}</main>`, { dir: "rtl" }],
  ["right to left, wide", "main{width:2200px;display:flex;flex-wrap:wrap}article{width:300px}", `<main §>${list(18, card)}</main>`, { dir: "rtl" }],
  ["zoomed", "body{zoom:1.25}main{max-width:600px;margin:0 auto}", `<main §>${list(10, card)}</main>`],
  ["drawing", "svg{width:100%;height:auto;border:1px solid}", `<main §><svg § viewBox="0 0 400 300">${list(20, (index, word) => `<rect § ~${word}-part x="${(index % 5) * 80}" y="${Math.floor(index / 5) * 75}" width="70" height="65" fill="#${index + 20}4"/>`)}</svg><p §>${text(90)}</p></main>`],
  ["table", "table{width:100%}td{border:1px solid;padding:6px}", `<table §><tbody §>${list(24, () => `<tr §>${list(4, () => `<td §>Value</td>`)}<td §><button §>Edit</button></td></tr>`)}</tbody></table>`],
  ["form", "label,input,textarea{display:block;margin:6px}fieldset{max-width:70%}", `<form §>${list(6, (_, word) => `<fieldset §><label § ~${word}-label for="f-${word}">Name of it</label><input § name="${word}" id="f-${word}"><textarea § name="${word}-more"></textarea><button § type="button">Help</button></fieldset>`)}</form>`],
  ["transformed", "article{display:inline-block;width:260px;margin:20px}article:nth-child(2n){transform:scale(1.2)}article:nth-child(3n){transform:translate(12px,-8px) rotate(180deg)}", `<main §>${list(12, card)}</main>`],
  ["generated names", "nav{display:flex;flex-wrap:wrap;gap:10px}", `<nav § class="css-1x2y3z">${list(12, (index) => `<a § class="sc-bdVaJa kXyZpQ${index}" id="ember${index + 100}" href="#"><span>Item</span></a>`)}</nav><main § class="Layout_root__aB3xY">${list(8, card)}</main>`],
  ["columns", "main{columns:260px}article{break-inside:avoid}", `<main §>${list(20, card)}</main>`],
  ["carousel", ".row{display:flex;overflow-x:auto;gap:10px}.row article{flex:0 0 240px}", `<main §>${list(4, () => `<section § class="row">${list(9, card)}</section>`)}</main><script>document.querySelectorAll(".row").forEach((row,i)=>row.scrollLeft=i*90)</script>`],
  ["dialogue", "dialog{width:60%}", `<main §>${list(8, card)}</main><dialog § ~ask open style="position:fixed;top:80px"><p §>${text(30)}</p><button § ~agree>Yes</button><button § ~decline>No</button></dialog>`],
  ["menus by width", ".wide{display:none}@media(min-width:900px){.wide{display:flex;gap:9px}.narrow{display:none}}", `<nav § class="wide">${list(6, () => `<a § href="#">Item</a>`)}</nav><button § class="narrow">Menu</button><main §>${list(10, card)}</main>`],
  ["large containers", ".hero{height:900px;background:#dee}", `<section § class="hero" ~hero></section><section § class="hero"><div § style="width:70%;height:600px;background:#edd"></div></section><p §>${text(200)}</p>`],
  ["order by width", "main{display:flex;flex-direction:column}@media(min-width:900px){main{flex-direction:column-reverse}}", `<main §>${list(10, card)}</main>`],
  ["frame", "main{max-width:700px}", `<main §>${list(10, card)}</main>`, { frame: true }],
];

/** The HTML of a type; with `named`, elements have ids where the page gives them. */
export function html([, style, body, { dir = "ltr" } = {}], named, head) {
  let mark = 0;
  const marked = body
    .replace(/§/g, () => `data-k="${++mark}"`)
    .replace(/~([a-z-]+)/g, (_, word, at, all) => (named && all.indexOf(`~${word}`) === at ? `id="${word}"` : ""));
  // Nothing leads away, and what late content moves has moved before anybody acts.
  return `<!doctype html><html dir="${dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>body{margin:0;font:15px sans-serif}${style}</style>${head}</head><body>${marked}<script>addEventListener("click",(event)=>event.preventDefault())</script></body></html>`;
}
