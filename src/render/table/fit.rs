//! How wide the columns of a table are on a terminal.

/// The widths of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The width of its widest text.
    pub width: u16,
    /// Its minimum width: equal to `width` if no text may be cut.
    pub least: u16,
    /// Whether it is left out before a text is cut.
    pub drop_first: bool,
    /// Whether it is left out when lines would otherwise wrap.
    pub drop_last: bool,
}

/// The columns to show and their widths; `None` if what cannot be cut is wider than the terminal.
///
/// Columns with `drop_first` are dropped first, from the right. Then the widest text is cut until
/// all columns fit. If that is not enough, columns with `drop_last` are dropped too, from the
/// right.
pub(super) fn fit(columns: &[Column], width: u16, gap: u16) -> Option<Vec<(usize, u16)>> {
    let mut shown: Vec<(usize, Column)> = columns.iter().copied().enumerate().collect();
    while excess(&shown, width, gap) > 0
        && let Some(drop_first) = shown.iter().rposition(|(_, column)| column.drop_first)
    {
        shown.remove(drop_first);
    }
    loop {
        let cut = cut(shown.clone(), width, gap);
        if cut.is_some() {
            return cut;
        }
        let drop_last = shown.iter().rposition(|(_, column)| column.drop_last)?;
        shown.remove(drop_last);
    }
}

/// The widths with texts cut until all fit, if they can be.
fn cut(mut shown: Vec<(usize, Column)>, width: u16, gap: u16) -> Option<Vec<(usize, u16)>> {
    for _ in 0..excess(&shown, width, gap) {
        let texts = shown.iter_mut().filter(|(_, column)| column.width > column.least);
        let (_, widest) = texts.max_by_key(|(_, column)| column.width)?;
        widest.width -= 1;
    }
    Some(shown.into_iter().map(|(at, column)| (at, column.width)).collect())
}

/// By how much the columns are wider than the terminal.
fn excess(columns: &[(usize, Column)], width: u16, gap: u16) -> u32 {
    let widths: u32 = columns.iter().map(|(_, column)| u32::from(column.width)).sum();
    let gaps = columns.len().saturating_sub(1) as u32 * u32::from(gap);
    (widths + gaps).saturating_sub(width.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURE: Column = Column { width: 10, least: 10, drop_first: false, drop_last: false };
    const TEXT: Column = Column { width: 30, least: 4, ..FIGURE };
    const FIRST: Column = Column { width: 8, least: 8, drop_first: true, ..FIGURE };
    const LAST: Column = Column { drop_first: false, drop_last: true, ..FIRST };

    #[test]
    fn columns_that_fit_keep_their_width() {
        assert_eq!(fit(&[FIGURE, TEXT], 42, 2), Some(vec![(0, 10), (1, 30)]));
        assert_eq!(fit(&[], 80, 2), Some(vec![]));
    }

    #[test]
    fn the_widest_text_is_cut_first_and_numbers_never() {
        assert_eq!(fit(&[FIGURE, TEXT], 41, 2), Some(vec![(0, 10), (1, 29)]));
        let narrow = Column { width: 9, ..TEXT };
        assert_eq!(fit(&[narrow, FIGURE, TEXT], 35, 2), Some(vec![(0, 9), (1, 10), (2, 12)]));
        assert_eq!(fit(&[FIGURE, TEXT], 16, 2), Some(vec![(0, 10), (1, 4)]));
        assert_eq!(fit(&[FIGURE, TEXT], 15, 2), None);
        assert_eq!(fit(&[FIGURE, FIGURE], 21, 2), None);
    }

    #[test]
    fn drop_first_columns_go_from_the_right_and_only_as_many_as_needed() {
        let columns = [FIRST, FIGURE, FIRST];
        assert_eq!(fit(&columns, 30, 2).map(|shown| shown.len()), Some(3));
        assert_eq!(fit(&columns, 29, 2), Some(vec![(0, 8), (1, 10)]));
        assert_eq!(fit(&columns, 19, 2), Some(vec![(1, 10)]));
    }

    #[test]
    fn drop_last_columns_go_once_texts_are_cut() {
        let columns = [TEXT, LAST, FIRST, LAST];
        assert_eq!(fit(&columns, 52, 2), Some(vec![(0, 30), (1, 8), (3, 8)]));
        assert_eq!(fit(&columns, 24, 2), Some(vec![(0, 4), (1, 8), (3, 8)]));
        assert_eq!(fit(&columns, 23, 2), Some(vec![(0, 13), (1, 8)]));
        assert_eq!(fit(&columns, 13, 2), Some(vec![(0, 13)]));
        assert_eq!(fit(&columns, 3, 2), None);
    }
}
