//! How wide the columns of a table are on a terminal.

use crate::render::Drop;

/// The widths of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The width of its widest text.
    pub width: u16,
    /// Its minimum width: equal to `width` if no text may be cut.
    pub least: u16,
    /// When it is left out.
    pub drop: Drop,
}

/// The columns to show and their widths; `None` if what cannot be cut is wider than the terminal.
///
/// Extra columns are dropped first, if there is no room for the part of them that cannot be cut.
/// Columns with `Drop::First` follow. Then the widest text is cut until all columns fit. If that is
/// not enough, columns with `Drop::Last` are dropped too.
pub(super) fn fit(columns: &[Column], width: u16, gap: u16) -> Option<Vec<(usize, u16)>> {
    let mut shown: Vec<(usize, Column)> = columns.iter().copied().enumerate().collect();
    let is_extra = |drop: Drop| matches!(drop, Drop::Extra(_));
    let needed = |column: Column| if is_extra(column.drop) { column.least } else { column.width };
    while excess(&shown, width, gap, needed) > 0
        && let Some(next) = next_to_drop(&shown, |drop| !matches!(drop, Drop::Last(_)))
    {
        shown.remove(next);
    }
    loop {
        let cut = cut(shown.clone(), width, gap);
        if cut.is_some() {
            return cut;
        }
        let next = next_to_drop(&shown, |_| true)?;
        shown.remove(next);
    }
}

/// The place of the column that is dropped next, among those with a rule that `may` be applied.
fn next_to_drop(shown: &[(usize, Column)], may: impl Fn(Drop) -> bool) -> Option<usize> {
    let droppable = shown.iter().enumerate().map(|(place, (_, column))| (column.drop, place));
    let droppable = droppable.filter(|(drop, _)| *drop != Drop::Never && may(*drop));
    droppable.min().map(|(_, place)| place)
}

/// The widths with texts cut until all fit, if they can be.
fn cut(mut shown: Vec<(usize, Column)>, width: u16, gap: u16) -> Option<Vec<(usize, u16)>> {
    // Extra columns get what is left, so they are cut first.
    let extra = |column: &Column| matches!(column.drop, Drop::Extra(_));
    for _ in 0..excess(&shown, width, gap, |column| column.width) {
        let texts = shown.iter_mut().filter(|(_, column)| column.width > column.least);
        let (_, widest) = texts.max_by_key(|(_, column)| (extra(column), column.width))?;
        widest.width -= 1;
    }
    Some(shown.into_iter().map(|(at, column)| (at, column.width)).collect())
}

/// By how much the columns are wider than the terminal, if each has this width.
fn excess(columns: &[(usize, Column)], width: u16, gap: u16, of: impl Fn(Column) -> u16) -> u32 {
    let widths: u32 = columns.iter().map(|(_, column)| u32::from(of(*column))).sum();
    let gaps = columns.len().saturating_sub(1) as u32 * u32::from(gap);
    (widths + gaps).saturating_sub(width.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: Column = Column { width: 10, least: 10, drop: Drop::Never };
    const TEXT: Column = Column { width: 30, least: 4, ..NUMBER };

    const fn dropped(drop: Drop) -> Column {
        Column { width: 8, least: 8, drop }
    }

    #[test]
    fn columns_that_fit_keep_their_width() {
        assert_eq!(fit(&[NUMBER, TEXT], 42, 2), Some(vec![(0, 10), (1, 30)]));
        assert_eq!(fit(&[], 80, 2), Some(vec![]));
    }

    #[test]
    fn the_widest_text_is_cut_first_and_numbers_never() {
        assert_eq!(fit(&[NUMBER, TEXT], 41, 2), Some(vec![(0, 10), (1, 29)]));
        let narrow = Column { width: 9, ..TEXT };
        assert_eq!(fit(&[narrow, NUMBER, TEXT], 35, 2), Some(vec![(0, 9), (1, 10), (2, 12)]));
        assert_eq!(fit(&[NUMBER, TEXT], 16, 2), Some(vec![(0, 10), (1, 4)]));
        assert_eq!(fit(&[NUMBER, TEXT], 15, 2), None);
        assert_eq!(fit(&[NUMBER, NUMBER], 21, 2), None);
    }

    #[test]
    fn columns_are_dropped_in_the_order_of_their_numbers_and_only_as_many_as_needed() {
        let columns = [dropped(Drop::First(1)), NUMBER, dropped(Drop::First(0))];
        assert_eq!(fit(&columns, 30, 2).map(|shown| shown.len()), Some(3));
        assert_eq!(fit(&columns, 29, 2), Some(vec![(0, 8), (1, 10)]));
        assert_eq!(fit(&columns, 19, 2), Some(vec![(1, 10)]));
    }

    #[test]
    fn columns_that_go_last_stay_until_texts_are_cut() {
        let columns =
            [TEXT, dropped(Drop::Last(1)), dropped(Drop::First(0)), dropped(Drop::Last(0))];
        assert_eq!(fit(&columns, 52, 2), Some(vec![(0, 30), (1, 8), (3, 8)]));
        assert_eq!(fit(&columns, 24, 2), Some(vec![(0, 4), (1, 8), (3, 8)]));
        assert_eq!(fit(&columns, 23, 2), Some(vec![(0, 13), (1, 8)]));
        assert_eq!(fit(&columns, 13, 2), Some(vec![(0, 13)]));
        assert_eq!(fit(&columns, 3, 2), None);
    }

    #[test]
    fn extra_columns_join_while_they_fit_and_cut_no_other_text() {
        let columns = [dropped(Drop::First(0)), TEXT, dropped(Drop::Extra(0))];
        assert_eq!(fit(&columns, 50, 2).map(|shown| shown.len()), Some(3));
        assert_eq!(fit(&columns, 49, 2), Some(vec![(0, 8), (1, 30)]));
        let wide = Column { width: 90, least: 20, drop: Drop::Extra(0) };
        assert_eq!(fit(&[TEXT, wide], 60, 2), Some(vec![(0, 30), (1, 28)]));
        assert_eq!(fit(&[TEXT, wide], 51, 2), Some(vec![(0, 30)]));
    }
}
