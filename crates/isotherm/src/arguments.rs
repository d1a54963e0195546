//! The command line: one sub-command per role and per act.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use isotherm_core::cohort::{RETENTION_MONTHS_MAX, RETENTION_MONTHS_MIN};

/// Anonymous heatmaps: where people click, tap and scroll, without knowing anybody.
#[derive(Parser, Debug)]
#[command(name = "isotherm", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run every role in one process, on the log on disk and the embedded ClickHouse
    #[command(after_help = "Example:\n  isotherm up --data-dir /var/lib/isotherm --listen 127.0.0.1:8080")]
    Up(UpArguments),
    /// Run the collecting role of a cluster
    #[command(after_help = "Example:\n  isotherm ingest --config /etc/isotherm.toml")]
    Ingest(RoleArguments),
    /// Run the aggregating role of a cluster
    #[command(after_help = "Example:\n  isotherm aggregate --config /etc/isotherm.toml")]
    Aggregate(RoleArguments),
    /// Run the answering role of a cluster
    #[command(after_help = "Example:\n  isotherm query --config /etc/isotherm.toml")]
    Query(RoleArguments),
    /// Bring the store to this version's schema, and make or check the topic
    #[command(after_help = "Example:\n  isotherm migrate --config /etc/isotherm.toml")]
    Migrate(MigrateArguments),
    /// Add, list or remove sites
    #[command(after_help = "Example:\n  isotherm site add acme --origin https://acme.example")]
    Site {
        #[command(subcommand)]
        act: SiteAct,
    },
    /// Make, list or revoke tokens
    #[command(after_help = "Example:\n  isotherm token create --site acme")]
    Token {
        #[command(subcommand)]
        act: TokenAct,
    },
    /// Make, list or revoke links under which people without a token see a site or one page of it
    #[command(after_help = "Example:\n  isotherm share create --site acme --page /product/teapot --expires 2026-12-31")]
    Share {
        #[command(subcommand)]
        act: ShareAct,
    },
    /// Say which pages of a site are not measured, and which are counted as one
    #[command(after_help = "Example:\n  isotherm rule add --site acme '/admin/**' --drop")]
    Rule {
        #[command(subcommand)]
        act: RuleAct,
    },
    /// Say who changed what, and on which day
    #[command(after_help = "Example:\n  isotherm audit list")]
    Audit {
        #[command(subcommand)]
        act: AuditAct,
    },
    /// Make cohorts of the landings that ended more than 24 hours ago; `up` does that by itself
    #[command(after_help = "Example:\n  isotherm seal --day 2026-11-20 --data-dir /var/lib/isotherm")]
    Seal(SealArguments),
    /// Check the ledger: ranges without gap or overlap, sums that agree; exit code 1 if anything is wrong
    #[command(after_help = "Example:\n  isotherm verify --data-dir /var/lib/isotherm")]
    Verify(ControlArguments),
    /// Copy all tables, of a running service or a stopped one, into a new directory
    #[command(
        after_help = "Example:\n  isotherm backup /backup/isotherm-2026-11-21 --data-dir /var/lib/isotherm\n\nBackups of the same installation that lie beside the new one and are older than 30 days are removed."
    )]
    Backup(BackupArguments),
    /// Erase pages by path or pattern, for good
    #[command(
        after_help = "Examples:\n  isotherm erase --site acme --path /offers/old\n  isotherm erase --site acme --path '/user/*' --from 2026-10-01 --to 2026-10-31\n  isotherm erase --status\n\nIn a pattern * stands for any run of characters within one segment and a final ** for any rest. A path without * also reaches a page whose text was never published; a pattern reaches published pages."
    )]
    Erase(EraseArguments),
    /// Make a backup the store of an installation; a running `up` stops collecting for some seconds
    #[command(after_help = "Example:\n  isotherm restore /backup/isotherm-2026-11-21 --data-dir /var/lib/isotherm")]
    Restore(RestoreArguments),
    /// Say in words what is wrong with this installation
    #[command(after_help = "Example:\n  isotherm doctor --url http://localhost:8080/shop")]
    Doctor(DoctorArguments),
    /// Check a configuration file: exit code 0, or every mistake with its line
    #[command(after_help = "Example:\n  isotherm check-config /etc/isotherm.toml")]
    CheckConfig {
        /// The file
        file: PathBuf,
    },
    /// Run an example shop with simulated visitors, and look at their heat
    #[command(after_help = "Example:\n  isotherm demo --port 8080")]
    Demo(DemoArguments),
    /// The embedded engine's own process
    #[command(hide = true)]
    EngineChild {
        #[arg(long)]
        lib: PathBuf,
        #[arg(long)]
        config: PathBuf,
    },
}

/// Where the installation is.
#[derive(Args, Clone, Default, Debug)]
pub(crate) struct Place {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory
    #[arg(long, value_name = "DIR", env = "ISOTHERM_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct UpArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Where to serve collecting, the API and the dashboard
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
}

#[derive(Args, Debug)]
pub(crate) struct RoleArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Where to listen, instead of what the configuration says
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct MigrateArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Go on from the ledger with a log that is not the one it knows; what only the other log held is lost
    #[arg(long)]
    pub(crate) adopt_log: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ControlArguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BackupArguments {
    /// The directory to make; it must not be there yet
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) control: ControlArguments,
}

#[derive(Args, Debug)]
pub(crate) struct EraseArguments {
    /// The site
    #[arg(long, value_name = "KEY", requires = "path")]
    pub(crate) site: Option<String>,
    /// A path, or a pattern of paths
    #[arg(long, value_name = "PATTERN", requires = "site")]
    pub(crate) path: Option<String>,
    /// Only from the month of this UTC day on
    #[arg(long, value_name = "DAY", requires = "path")]
    pub(crate) from: Option<String>,
    /// Only to the end of the month of this UTC day
    #[arg(long, value_name = "DAY", requires = "path")]
    pub(crate) to: Option<String>,
    /// Say how far every erasure is
    #[arg(long, conflicts_with_all = ["path", "resume"])]
    pub(crate) status: bool,
    /// Go on with what is not final, once; `isotherm up` does that by itself
    #[arg(long, conflicts_with = "path")]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) control: ControlArguments,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreArguments {
    /// The backup
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Take the place of a store that is there already, which is lost
    #[arg(long)]
    pub(crate) replace: bool,
    /// A copy of the journal of the installation that made the backup
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) control: ControlArguments,
}

#[derive(Subcommand, Debug)]
pub(crate) enum SiteAct {
    /// Add a site, or give it other origins; prints the script tag and, once, a read token
    #[command(
        after_help = "Example:\n  isotherm site add acme --origin https://acme.example --origin https://www.acme.example"
    )]
    Add {
        /// The site key: a-z, 0-9 and -, 1 to 32 characters
        key: String,
        /// An origin whose pages may send beacons; may be repeated
        #[arg(long, required = true, value_name = "URL")]
        origin: Vec<String>,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// List the sites
    #[command(after_help = "Example:\n  isotherm site list --json")]
    List(#[command(flatten)] ControlArguments),
    /// Say how long a site's sealed counts are kept, from where its answers may be asked for, and what is public
    #[command(
        after_help = "Examples:\n  isotherm site set acme --retention-months 13 --then coarsen\n  isotherm site set acme --allow-ip 203.0.113.0/24",
        group = ArgGroup::new("what").required(true).multiple(true)
    )]
    Set {
        /// The site key
        key: String,
        /// Whole months besides the running one, at least 3; 25 where nothing is said
        #[arg(long, value_name = "N", group = "what", value_parser = clap::value_parser!(u16).range(i64::from(RETENTION_MONTHS_MIN)..=i64::from(RETENTION_MONTHS_MAX)))]
        retention_months: Option<u16>,
        /// What becomes of older counts
        #[arg(long, value_enum, default_value_t = Then::Delete, requires = "retention_months")]
        then: Then,
        #[command(flatten)]
        access: SiteAccessArguments,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// Remove a site: collecting and answers end at once, its counts are deleted
    #[command(after_help = "Example:\n  isotherm site remove acme")]
    Remove {
        /// The site key
        key: String,
        #[command(flatten)]
        control: ControlArguments,
    },
}

/// What an owner can say about access; what is not said stays as it is.
#[derive(Args, Debug)]
pub(crate) struct SiteAccessArguments {
    /// A network from which its tokens may be used, besides their own lists; may be repeated, replaces the list
    #[arg(long, value_name = "CIDR", group = "what")]
    pub(crate) allow_ip: Vec<String>,
    /// Its tokens may be used from any network
    #[arg(long, conflicts_with = "allow_ip", group = "what")]
    pub(crate) any_ip: bool,
    /// Whether anybody may see the picture of its countries
    #[arg(long, value_name = "BOOL", group = "what")]
    pub(crate) public_countries: Option<bool>,
}

/// What becomes of counts that are older than their site keeps them.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// They are deleted
    Delete,
    /// By day they are kept as whole months, 64 px squares and elements; by country as they are
    Coarsen,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TokenAct {
    /// Make a token; it is shown once and stored nowhere
    #[command(after_help = "Example:\n  isotherm token create --site acme --allow-ip 203.0.113.0/24")]
    Create {
        /// The site that it opens
        #[arg(long, value_name = "KEY")]
        site: String,
        /// It may read (the default)
        #[arg(long, conflicts_with = "admin")]
        read: bool,
        /// It may administer the site as well
        #[arg(long)]
        admin: bool,
        /// A network from which it may be used; may be repeated; without it, from any
        #[arg(long, value_name = "CIDR")]
        allow_ip: Vec<String>,
        /// The last UTC day on which it opens anything; without it, no end
        #[arg(long, value_name = "YYYY-MM-DD")]
        expires: Option<String>,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// List the tokens by their ids
    #[command(after_help = "Example:\n  isotherm token list --json")]
    List(#[command(flatten)] ControlArguments),
    /// Revoke a token by its id
    #[command(after_help = "Example:\n  isotherm token revoke 0d408d69ffbd")]
    Revoke {
        /// The id, as listed
        id: String,
        #[command(flatten)]
        control: ControlArguments,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum ShareAct {
    /// Make a link; it is shown once and stored nowhere
    #[command(after_help = "Example:\n  isotherm share create --site acme --page /product/teapot --expires 2026-12-31")]
    Create {
        /// The site that it shows
        #[arg(long, value_name = "KEY")]
        site: String,
        /// The one page that it shows; without it, all of the site
        #[arg(long, value_name = "PATH")]
        page: Option<String>,
        /// The last UTC day on which it opens anything, at most 366 days ahead
        #[arg(long, value_name = "YYYY-MM-DD")]
        expires: String,
        /// Ask who opens it for a password: the first line of standard input, 8 to 128 characters
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// List the links by their ids
    #[command(after_help = "Example:\n  isotherm share list --json")]
    List(#[command(flatten)] ControlArguments),
    /// Revoke a link by its id
    #[command(after_help = "Example:\n  isotherm share revoke 0d408d69ffbd")]
    Revoke {
        /// The id, as listed
        id: String,
        #[command(flatten)]
        control: ControlArguments,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum AuditAct {
    /// List the acts of those who administer, the newest day first
    #[command(after_help = "Example:\n  isotherm audit list --json")]
    List(#[command(flatten)] ControlArguments),
}

/// A page rule as it is asked for.
#[derive(Args, Debug)]
pub(crate) struct RuleArguments {
    /// The site
    #[arg(long, value_name = "KEY")]
    pub(crate) site: String,
    /// A path in which `*` stands for a segment or a part of one, and `**` at the end for all the rest
    pub(crate) pattern: String,
    #[command(flatten)]
    pub(crate) what: RuleWhat,
}

/// What a page rule does: exactly one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct RuleWhat {
    /// Pages that match are not measured
    #[arg(long)]
    pub(crate) drop: bool,
    /// Pages that match are counted as one page, named by the pattern
    #[arg(long)]
    pub(crate) group: bool,
    /// The same as `--group`; the name must be the pattern
    #[arg(long = "as", value_name = "PATTERN")]
    pub(crate) group_as: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum RuleAct {
    /// Add a rule behind the others; the first one that matches a page decides
    #[command(
        after_help = "Examples:\n  isotherm rule add --site acme '/admin/**' --drop\n  isotherm rule add --site acme '/product/*' --group"
    )]
    Add {
        #[command(flatten)]
        rule: RuleArguments,
        /// Put it before the others
        #[arg(long)]
        first: bool,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// Show what a rule would do to the site's published pages and to given paths, and store nothing
    #[command(
        after_help = "Examples:\n  isotherm rule preview --site acme '/product/*' --group --path /product/teapot\n  isotherm rule preview --site acme '/admin/**' --drop --stdin < paths.txt"
    )]
    Preview {
        #[command(flatten)]
        rule: RuleArguments,
        /// Look at it as if it stood before the others
        #[arg(long)]
        first: bool,
        /// A path to look at as well; may be repeated
        #[arg(long = "path", value_name = "PATH")]
        paths: Vec<String>,
        /// Look at the paths on standard input as well, one per line
        #[arg(long)]
        stdin: bool,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// List the rules of a site in their order
    #[command(after_help = "Example:\n  isotherm rule list --site acme --json")]
    List {
        /// The site
        #[arg(long, value_name = "KEY")]
        site: String,
        #[command(flatten)]
        control: ControlArguments,
    },
    /// Remove a rule by its pattern
    #[command(after_help = "Example:\n  isotherm rule remove --site acme '/admin/**'")]
    Remove {
        /// The site
        #[arg(long, value_name = "KEY")]
        site: String,
        /// The pattern, as listed
        pattern: String,
        #[command(flatten)]
        control: ControlArguments,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SealArguments {
    #[command(flatten)]
    pub(crate) control: ControlArguments,
    /// The last landing to seal, a UTC day; those before it are sealed first. Without it, all that are due
    #[arg(long, value_name = "LANDING")]
    pub(crate) day: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) control: ControlArguments,
    /// A page to look at: has it the script tag, may it send for its site, and does its policy let the script load and send?
    #[arg(long, value_name = "PAGE")]
    pub(crate) url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// The dashboard's port; the shop takes the next free one
    #[arg(long, env = "ISOTHERM_PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// Where the demo keeps its data; by default a directory that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Simulated page views before the demo says that it is ready
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) page_views: u64,
    /// Over how many days they lie, today included: what is older than yesterday is sealed, and can be shared and compared
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(crate) days: u16,
}
