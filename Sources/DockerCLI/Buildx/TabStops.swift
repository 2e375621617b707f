import CommandLine

/// Columns that reach to the next tab stop, filled with tabs, as Go's text/tabwriter does with a tab for padding. All
/// rows have the same number of cells; what follows a row's last cell isn't aligned.
enum TabStops {
    private static let width = 8

    static func text(_ rows: [[String]]) -> String {
        let columns = (rows.map(\.count).max() ?? 1) - 1
        let widths = (0..<max(0, columns)).map { column in
            let widest = rows.map { column < $0.count ? GoText.width($0[column]) + 1 : 0 }.max() ?? 0
            return (widest + width - 1) / width * width
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                guard column < row.count - 1 else { return cell }
                let missing = widths[column] - GoText.width(cell)
                return cell + String(repeating: "\t", count: (missing + width - 1) / width)
            }.joined() + "\n"
        }.joined()
    }
}
