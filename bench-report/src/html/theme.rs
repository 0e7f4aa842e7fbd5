//! The colours, in light and in dark. Those of rivals and parts are Okabe and Ito's, which people
//! who do not tell red from green tell apart ("Color Universal Design", 2008). Each is used against
//! the two backgrounds only, and a test holds it to the contrast that WCAG 2.2 asks for.

use std::fmt::Write;

/// A colour by name, as it is in light and in dark.
struct Colour {
    name: &'static str,
    light: u32,
    dark: u32,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what the tests of contrast go by")
    )]
    role: Role,
}

/// What a colour is for, which says how much it must stand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// What the others are in front of.
    Background,
    /// Text: 4.5 to 1 (WCAG 2.2, 1.4.3).
    Text,
    /// What must be seen to read a chart: 3 to 1 (1.4.11).
    Graphic,
    /// Filled under black text, whose outline is a [`Role::Graphic`].
    Fill,
    /// Lines that can be done without.
    Ornament,
}

const fn colour(name: &'static str, light: u32, dark: u32, role: Role) -> Colour {
    Colour {
        name,
        light,
        dark,
        role,
    }
}

const PALETTE: [Colour; 18] = [
    colour("ground", 0xFF_FF_FF, 0x12_15_18, Role::Background),
    colour("raised", 0xF6_F7_F8, 0x1B_1F_23, Role::Background),
    colour("ink", 0x16_1A_1D, 0xEC_EE_F0, Role::Text),
    colour("quiet", 0x52_5B_63, 0xA9_B2_BA, Role::Text),
    colour("link", 0x00_5A_92, 0x7C_C6_F0, Role::Text),
    colour("good", 0x00_6B_4E, 0x3F_C9_A0, Role::Text),
    colour("bad", 0xA8_42_00, 0xF2_9A_5E, Role::Text),
    colour("grid", 0xE3_E6_E9, 0x2D_33_39, Role::Ornament),
    colour("rule", 0x78_82_8B, 0x7D_88_92, Role::Graphic),
    colour("edgepix", 0x00_72_B2, 0x56_B4_E9, Role::Graphic),
    colour("launcher", 0x00_8F_68, 0x00_9E_73, Role::Graphic),
    colour("sharp", 0xD5_5E_00, 0xE6_9F_00, Role::Graphic),
    colour("part-init", 0xCC_79_A7, 0xCC_79_A7, Role::Fill),
    colour("part-ask", 0xE6_9F_00, 0xE6_9F_00, Role::Fill),
    colour("part-wait", 0xC9_CE_D3, 0xC9_CE_D3, Role::Fill),
    colour("part-body", 0x56_B4_E9, 0x56_B4_E9, Role::Fill),
    colour("part-finish", 0xF0_E4_42, 0xF0_E4_42, Role::Fill),
    colour("on-part", 0x00_00_00, 0x00_00_00, Role::Ornament),
];

/// The colours as custom properties: the system's choice, unless the reader made one.
pub(super) fn properties() -> String {
    let of = |pick: fn(&Colour) -> u32| {
        PALETTE.iter().fold(String::new(), |mut all, colour| {
            write!(all, "--{}:#{:06x};", colour.name, pick(colour)).expect("a string takes all");
            all
        })
    };
    let (light, dark) = (of(|colour| colour.light), of(|colour| colour.dark));
    format!(
        ":root{{color-scheme:light;{light}}}\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}\
         @media print{{:root:root[data-theme],:root:root:not([data-theme]){{color-scheme:light;{light}}}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2, "relative luminance").
    fn luminance(colour: u32) -> f64 {
        let channel = |shift: u32| {
            let value = f64::from((colour >> shift) & 0xFF) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    fn contrast(a: u32, b: u32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn of(role: Role) -> impl Iterator<Item = &'static Colour> {
        const { &PALETTE }
            .iter()
            .filter(move |colour| colour.role == role)
    }

    /// Asserts that every colour of `role` stands out by `least` from both backgrounds.
    fn stands_out(role: Role, least: f64) {
        assert!(of(role).count() > 0 && of(Role::Background).count() > 0);
        for (colour, ground) in of(role).flat_map(|c| of(Role::Background).map(move |g| (c, g))) {
            for (theme, a, b) in [
                ("light", colour.light, ground.light),
                ("dark", colour.dark, ground.dark),
            ] {
                let contrast = contrast(a, b);
                let names = (colour.name, ground.name, theme);
                assert!(contrast >= least, "{names:?}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn black_on_white_is_the_most_there_is() {
        assert!((contrast(0, 0xFF_FF_FF) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn text_stands_out_by_four_and_a_half_to_one() {
        stands_out(Role::Text, 4.5);
    }

    #[test]
    fn graphics_stand_out_by_three_to_one() {
        stands_out(Role::Graphic, 3.0);
    }

    #[test]
    fn words_inside_bars_can_be_read() {
        for fill in of(Role::Fill) {
            assert!(contrast(fill.light, 0) >= 4.5, "{}", fill.name);
            assert!(contrast(fill.dark, 0) >= 4.5, "{}", fill.name);
        }
    }

    #[test]
    fn every_colour_the_style_sheet_uses_is_defined() {
        for used in super::super::page::STYLE.split("var(--").skip(1) {
            let name = used.split([')', ',']).next().unwrap_or_default();
            let is_defined = PALETTE.iter().any(|colour| colour.name == name);
            assert!(is_defined || ["c", "at"].contains(&name), "--{name}");
        }
    }
}
