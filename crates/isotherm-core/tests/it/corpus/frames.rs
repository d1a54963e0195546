//! Where sites put what is personal: paths with a gap.

use super::random::Random;

/// A path with one gap.
pub(crate) struct Frame(&'static str);

/// Paths in which anything may stand: a segment of its own, a file, a matrix parameter, a field, a part of a slug.
const ANYWHERE: [&str; 16] = [
    "/{}",
    "/a/{}",
    "/order/{}",
    "/order/10023/{}",
    "/order/{}/confirmation",
    "/en/checkout/{}/thanks",
    "/files/{}.pdf",
    "/shop;sid={}",
    "/shop/list;page=2;ref={}",
    "/search/q={}",
    "/ref={}&lang=de",
    "/mail-{}",
    "/t_{}",
    "/track,{},view",
    "/open:{}",
    "/view({})",
];

/// Paths in which a person's name stands, as web frameworks' guides and public APIs lay them out.
const PERSON: [&str; 14] = [
    "/user/{}",
    "/users/{}",
    "/users/{}/edit",
    "/u/{}",
    "/u/{}/posts",
    "/profile/{}",
    "/en/profiles/{}",
    "/members/{}",
    "/account/{}/orders",
    "/customers/{}",
    "/customer/{}/invoices",
    "/patients/{}",
    "/students/{}/grades",
    "/employees/{}",
];

/// Paths in which a secret for one person stands.
const SECRET: [&str; 14] = [
    "/invite/{}",
    "/invitations/{}/accept",
    "/reset/{}",
    "/password/reset/{}",
    "/reset-password/{}",
    "/password-reset/{}",
    "/verify/{}",
    "/verify-email/{}",
    "/confirm/{}",
    "/newsletter/unsubscribe/{}",
    "/activate/{}",
    "/magic-link/{}",
    "/share/{}",
    "/token/{}",
];

/// Paths in which a session id stands: the Servlet specification's matrix parameter, with and without the server's name,
/// ASP.NET's cookieless segment.
const SESSION: [&str; 5] = [
    "/shop;jsessionid={}",
    "/shop/cart.do;jsessionid={}",
    "/shop;jsessionid={}.node1",
    "/(S({}))/cart",
    "/s;PHPSESSID={}",
];

/// Paths that begin with a handle's sign.
const HANDLE: [&str; 5] = ["/@{}", "/@{}/posts", "/~{}", "/~{}/index.html", "/web/@{}"];

impl Frame {
    pub(crate) fn anywhere(random: &mut Random) -> Frame {
        Frame(random.pick(&ANYWHERE))
    }

    pub(crate) fn person(random: &mut Random) -> Frame {
        Frame(random.pick(&PERSON))
    }

    pub(crate) fn secret(random: &mut Random) -> Frame {
        Frame(random.pick(&SECRET))
    }

    pub(crate) fn session(random: &mut Random) -> Frame {
        Frame(random.pick(&SESSION))
    }

    pub(crate) fn handle(random: &mut Random) -> Frame {
        Frame(random.pick(&HANDLE))
    }

    /// The path with this text in its gap.
    pub(crate) fn around(&self, text: &str) -> String {
        self.0.replace("{}", text)
    }
}
