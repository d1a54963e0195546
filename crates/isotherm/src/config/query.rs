//! `[query]`: answers and their thresholds.

use isotherm_core::thresholds::{K_MIN, PAGE_VIEWS_MIN};

use super::Section;
use super::tls::TlsConfig;
use super::value::{Must, Value};

/// `[query]`.
#[derive(Clone, Debug)]
pub(crate) struct QueryConfig {
    /// Where `isotherm query` listens, ADDRESS:PORT. Default 127.0.0.1:8081. `--listen` wins over it.
    pub(crate) listen: String,
    /// From where the dashboard may be opened and answers may be asked for, addresses and networks; everybody else is answered
    /// 403, share links and the overlay included. What is for visitors stays for everybody. Default: from anywhere.
    pub(crate) allow_ip: Vec<String>,
    /// Page views that must stand behind each place shown; at least and by default 5.
    pub(crate) k: u64,
    /// Page views without which nothing of a page is shown; at least and by default 50.
    pub(crate) page_views: u64,
    /// Bytes of memory for pages whose counts are held, so that a question about one of them need not ask the store; 0 to 64 GiB,
    /// 0 holds none. At the limit those go that nobody asked for the longest time. Default 128 MiB.
    pub(crate) held_bytes_max: usize,
    /// `tls_cert_path` and `tls_key_path`: the certificate of `isotherm query`. Default: that of `[tls]`.
    pub(crate) own_tls: TlsConfig,
}

impl Default for QueryConfig {
    fn default() -> QueryConfig {
        QueryConfig {
            listen: "127.0.0.1:8081".into(),
            allow_ip: Vec::new(),
            k: K_MIN,
            page_views: PAGE_VIEWS_MIN,
            held_bytes_max: 128 << 20,
            own_tls: TlsConfig::default(),
        }
    }
}

impl Section for QueryConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        if let Some(set) = self.own_tls.set_in_section(key, value) {
            return set;
        }
        let because = |must: Must, why: &str| must.map(|must| format!("{must}: {why}"));
        match key {
            "listen" => self.listen = value.listen()?,
            "allow_ip" => self.allow_ip = value.networks()?,
            "k" => {
                let k = value.whole(K_MIN, 1_000_000);
                self.k = k.map_err(|must| because(must, "fewer page views would stand behind a place"))?;
            }
            "page_views" => {
                let page_views = value.whole(PAGE_VIEWS_MIN, 1_000_000);
                self.page_views = page_views.map_err(|must| because(must, "a page needs as many to be shown"))?;
            }
            "held_bytes_max" => self.held_bytes_max = value.whole(0, 64 << 30)? as usize,
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &[
            "listen",
            "allow_ip",
            "k",
            "page_views",
            "held_bytes_max",
            "tls_cert_path",
            "tls_key_path",
        ]
    }
}
