use super::*;

#[test]
fn a_verdict_does_not_repeat_what_other_sections_show() {
    let text = |answer, reason| {
        let verdict = verdict(&Verdict { answer, reason }, &mut Names::numeric());
        String::from_utf8(verdict).unwrap()
    };
    assert_eq!(text(Some(false), Reason::PidAlive(PidField::Cpid, 5)), "no");
    assert_eq!(text(Some(true), Reason::NoLiveUser), "yes");
    assert_eq!(text(Some(false), Reason::Blocked(1)), "no: 1 waiting");
    assert_eq!(text(Some(false), Reason::AttachedBy(2)), "no: 2 attached");
    assert_eq!(text(Some(false), Reason::Attached(2)), "no: attached");
    assert_eq!(text(None, Reason::Messages(2)), "unknown: holds 2 messages");
}
