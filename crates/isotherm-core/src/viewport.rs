//! Viewport classes: all that is kept of a screen.

/// One of six classes by the viewport's width in CSS pixels. The exact width is never stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ViewportClass {
    /// Below 480 px.
    Phone = 1,
    /// Below 768 px.
    PhoneLarge = 2,
    /// Below 1,024 px.
    Tablet = 3,
    /// Below 1,280 px.
    Laptop = 4,
    /// Below 1,536 px.
    Desktop = 5,
    /// 1,536 px and more.
    Wide = 6,
}

impl ViewportClass {
    /// All classes, narrow to wide.
    pub const ALL: [ViewportClass; 6] = [
        ViewportClass::Phone,
        ViewportClass::PhoneLarge,
        ViewportClass::Tablet,
        ViewportClass::Laptop,
        ViewportClass::Desktop,
        ViewportClass::Wide,
    ];

    /// The class of a width in CSS pixels.
    pub const fn of_width(width_px: u16) -> ViewportClass {
        match width_px {
            0..480 => ViewportClass::Phone,
            480..768 => ViewportClass::PhoneLarge,
            768..1024 => ViewportClass::Tablet,
            1024..1280 => ViewportClass::Laptop,
            1280..1536 => ViewportClass::Desktop,
            _ => ViewportClass::Wide,
        }
    }

    /// The name in queries and answers.
    pub const fn name(self) -> &'static str {
        match self {
            ViewportClass::Phone => "phone",
            ViewportClass::PhoneLarge => "phone-large",
            ViewportClass::Tablet => "tablet",
            ViewportClass::Laptop => "laptop",
            ViewportClass::Desktop => "desktop",
            ViewportClass::Wide => "wide",
        }
    }

    /// The class of a name.
    pub fn parse(name: &str) -> Option<ViewportClass> {
        ViewportClass::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The class of a stored code (1 to 6).
    pub fn from_code(code: u8) -> Option<ViewportClass> {
        ViewportClass::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The code in records and rows (1 to 6).
    pub const fn code(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_has_exactly_one_class_and_classes_begin_where_the_contract_says() {
        let starts: Vec<(u16, &str)> = (1..=4000)
            .filter(|w| ViewportClass::of_width(*w) != ViewportClass::of_width(*w - 1))
            .map(|w| (w, ViewportClass::of_width(w).name()))
            .collect();
        assert_eq!(
            starts,
            [
                (480, "phone-large"),
                (768, "tablet"),
                (1024, "laptop"),
                (1280, "desktop"),
                (1536, "wide")
            ]
        );
    }

    #[test]
    fn names_and_codes_are_read_back() {
        for class in ViewportClass::ALL {
            assert_eq!(ViewportClass::parse(class.name()), Some(class));
            assert_eq!(ViewportClass::from_code(class.code()), Some(class));
        }
        assert_eq!(ViewportClass::from_code(0), None);
    }
}
