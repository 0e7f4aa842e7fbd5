//! That marks are where their numbers are.

use super::super::{page::page, sample_report::sample_report};

/// What is drawn in the section of this name.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = format!("<section id=\"{id}\"");
    let (_, after) = page.split_once(&begin).expect("it is there");
    after.split("</section>").next().expect("it has an end")
}

#[test]
fn a_curve_point_is_where_its_memory_and_its_time_are() {
    let mut report = sample_report();
    report.curve.lines.truncate(1);
    let points = &mut report.curve.lines[0].points;
    points.truncate(3);
    for (point, (memory_mb, p50_ms)) in
        points
            .iter_mut()
            .zip([(100, 1.0), (200, 10.0), (400, 100.0)])
    {
        (point.memory_mb, point.warm.p50_ms) = (memory_mb, p50_ms);
    }
    let page = page(&report);
    let (_, curve) = page.split_once("id=\"curve-t\"").expect("it is drawn");
    // The logarithm of 200 is halfway between those of 100 and 400, as is that of 10 between 1 and 100.
    for place in [r#"y="300""#, r#"x="50%" y="150""#, r#"x="100%""#] {
        assert!(
            curve.contains(&format!("<use href=\"#m-r-edgepix\" {place}/>")),
            "{place}"
        );
    }
}

#[test]
fn a_duel_twice_as_fast_is_as_far_right_as_one_half_as_fast_is_left() {
    let mut report = sample_report();
    report.duels.truncate(2);
    (report.duels[0].ratio, report.duels[1].ratio) = (Some(2.0), Some(0.5));
    let page = page(&report);
    let duels = section(&page, "duels");
    assert!(duels.contains(r#"<line class="one" x1="50%" x2="50%""#));
    assert!(duels.contains(r##"<use href="#m-r-edgepix" x="100%" y="26"/>"##));
    // At 0 %, which is where everything is that says nothing else; in the second row.
    assert!(duels.contains(r##"<use href="#m-r-sharp" y="62"/>"##));
}

#[test]
fn a_peak_stands_between_the_lines_of_the_settings_it_lies_between() {
    let mut report = sample_report();
    report.peaks.truncate(2);
    (report.peaks[0].bytes, report.peaks[1].bytes) = (Some(200 << 20), None);
    report.peaks.iter_mut().for_each(|it| it.megapixels = 10.0);
    let page = page(&report);
    let peaks = section(&page, "peak");
    // From 0 MB at 320 to 400 MB at 26, above which the killed are; 10 is halfway from 5 to 20.
    assert!(peaks.contains(r#"<line class="limit" y1="225.9""#));
    assert!(peaks.contains(r#"<line class="limit" y1="131.8""#));
    assert!(peaks.contains(r##"<use href="#m-r-edgepix" x="50%" y="173"/>"##));
    assert!(peaks.contains(r##"<use href="#m-cross" x="50%" y="13"/>"##));
}

#[test]
fn a_part_of_a_waterfall_begins_where_the_one_before_it_ends() {
    let mut report = sample_report();
    report.waterfalls.retain(|it| !it.is_cold);
    report.waterfalls.truncate(1);
    let bars = &mut report.waterfalls[0].bars;
    bars.truncate(2);
    for (bar, wall_ms) in bars.iter_mut().zip([50.0, 150.0]) {
        (bar.wall_ms, bar.cpu_ms) = (wall_ms, wall_ms / 2.0);
    }
    let page = page(&report);
    let phases = section(&page, "phases");
    assert!(phases.contains(r#"<rect class="part p-ask" y="23" width="25%""#));
    assert!(phases.contains(r#"<rect class="part p-wait" x="25%" y="23" width="75%""#));
    assert!(phases.contains(r#"<rect class="cpu" x="25%" y="39" width="37.5%""#));
}

#[test]
fn a_mark_of_one_case_leads_to_its_detail() {
    let mut report = sample_report();
    let wanted = report.cases[3].case.clone();
    report.duels.retain(|it| it.case == wanted);
    report.trades.retain(|it| it.case == wanted);
    report.peaks.retain(|it| it.case == wanted);
    report.waterfalls.retain(|it| it.case == wanted);
    let page = page(&report);
    for (id, begin) in [
        ("duels", "<a href=\"#c3\"><g class=\"duel "),
        ("quality", "<a href=\"#c3\"><svg class=\"mark "),
        ("peak", "<a href=\"#c3\"><g class=\"mark "),
        ("phases", "<h3><a href=\"#c3\">"),
    ] {
        assert!(section(&page, id).contains(begin), "{id}");
    }
}
