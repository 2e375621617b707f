/// Aligns tab-separated columns as Go's text/tabwriter does with no flags set: a column is a run of neighbouring
/// lines that all have a cell there followed by a tab; each such run gets its own width. What follows a line's last
/// tab belongs to no column.
package struct TabWriter {
    private let minimumWidth: Int
    private let padding: Int
    private var lines: [[Cell]] = [[]]
    private var current = ""

    private struct Cell {
        let text: String
        let width: Int
    }

    /// Docker's tables: `minimumWidth` 10, `padding` 3.
    package init(minimumWidth: Int = 10, padding: Int = 3) {
        self.minimumWidth = minimumWidth
        self.padding = padding
    }

    package mutating func write(_ text: String) {
        for character in text.unicodeScalars {
            switch character {
            case "\t", "\u{0B}": endCell()
            case "\n", "\u{0C}":
                endCell()
                lines.append([])
            default: current.unicodeScalars.append(character)
            }
        }
    }

    private mutating func endCell() {
        lines[lines.count - 1].append(Cell(text: current, width: GoText.width(current)))
        current = ""
    }

    /// The aligned text; the writer is empty afterwards.
    package mutating func flush() -> String {
        let endsWithNewline = current.isEmpty && (lines.last?.isEmpty ?? true)
        if !endsWithNewline { endCell() }
        if endsWithNewline { lines.removeLast() }
        var out = ""
        var widths: [Int] = []
        format(0..<lines.count, &widths, &out)
        if !endsWithNewline, out.last == "\n" { out.removeLast() }
        lines = [[]]
        return out
    }

    private func format(_ range: Range<Int>, _ widths: inout [Int], _ out: inout String) {
        let column = widths.count
        var start = range.lowerBound
        var line = start
        while line < range.upperBound {
            guard column < lines[line].count - 1 else {
                line += 1
                continue
            }
            print(start..<line, widths, &out)
            start = line
            var width = minimumWidth
            while line < range.upperBound, column < lines[line].count - 1 {
                width = max(width, lines[line][column].width + padding)
                line += 1
            }
            widths.append(width)
            format(start..<line, &widths, &out)
            widths.removeLast()
            start = line
        }
        print(start..<range.upperBound, widths, &out)
    }

    private func print(_ range: Range<Int>, _ widths: [Int], _ out: inout String) {
        for line in range {
            for (column, cell) in lines[line].enumerated() {
                out += cell.text
                if column < widths.count, column < lines[line].count - 1 {
                    out += String(repeating: " ", count: max(0, widths[column] - cell.width))
                }
            }
            out += "\n"
        }
    }
}
