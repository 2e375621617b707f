import CommandLine
import JSON
import KubeClient
import KubeModel

/// Prints the server's tables as kubectl does: columns of one width for all rows printed together; on a watch they
/// only grow.
struct TablePrinter {
    struct Options: Sendable {
        var wide = false
        var noHeaders = false
        var showsLabels = false
        var labelColumns: [String] = []
        var withNamespace = false
        var withKind = false
        var kind = ""
    }

    private let options: Options
    private var lastColumns: [JSON] = []
    private var printedHeaders = false
    private var lines: [[String]] = []
    private var widths: [Int] = []

    /// kubectl's columns: at least 6 wide, and 3 apart.
    private static let minimumWidth = 6, padding = 3

    init(_ options: Options) { self.options = options }

    mutating func add(_ table: JSON, event: String? = nil) {
        var headers = !options.noHeaders
        var columns = table["columnDefinitions"].array ?? []
        if printedHeaders, columns.isEmpty || columns == lastColumns { headers = false }
        if columns.isEmpty {
            columns = lastColumns
        } else if columns != lastColumns {
            lastColumns = columns
            printedHeaders = false
        }
        let rows = table["rows"].array ?? []
        guard !rows.isEmpty else { return }
        printedHeaders = true
        let shown = columns.indices.filter { options.wide || (columns[$0]["priority"].int ?? 0) == 0 }
        if headers { lines.append(head(columns, shown, hasEvent: event != nil)) }
        for row in rows { lines.append(self.row(row, columns, shown, event)) }
    }

    private func head(_ columns: [JSON], _ shown: [Int], hasEvent: Bool) -> [String] {
        var cells: [String] = hasEvent ? ["EVENT"] : []
        if options.withNamespace { cells.append("NAMESPACE") }
        cells += shown.map { (columns[$0]["name"].string ?? "").uppercased() }
        cells += options.labelColumns.map { ($0.parts("/").last ?? $0).uppercased() }
        if options.showsLabels { cells.append("LABELS") }
        return cells
    }

    private func row(_ row: JSON, _ columns: [JSON], _ shown: [Int], _ event: String?) -> [String] {
        let metadata = row["object"]["metadata"]
        var cells: [String] = event.map { [$0] } ?? []
        if options.withNamespace { cells.append(metadata["namespace"].string ?? "") }
        for at in shown {
            var text = Self.text(row["cells"][at])
            if options.withKind, columns[at]["format"].string == "name" { text = "\(options.kind)/\(text)" }
            cells.append(text)
        }
        let labels = metadata["labels"].stringMap
        cells += options.labelColumns.map { labels[$0] ?? "" }
        if options.showsLabels { cells.append(Self.labels(labels)) }
        return cells
    }

    static func labels(_ labels: [String: String]) -> String {
        labels.isEmpty
            ? "<none>" : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// A cell up to its first line end.
    private static func text(_ cell: JSON) -> String {
        switch cell {
        case .null: return ""
        case .string(let text):
            guard let end = text.unicodeScalars.firstIndex(where: { ["\n", "\r", "\u{0C}"].contains($0) }) else {
                return escaped(text)
            }
            return escaped(String(text.unicodeScalars[..<end])) + "..."
        default: return GoSyntax.plain(cell)
        }
    }

    /// Terminal escapes are shown, not obeyed.
    static func escaped(_ text: String) -> String { text.replacing("\u{1B}", with: "^[").replacing("\r", with: "\\r") }

    /// What was added since the last time, in columns.
    mutating func flush() -> String {
        for cells in lines {
            for (at, cell) in cells.enumerated() where at < cells.count - 1 {
                if at == widths.count { widths.append(Self.minimumWidth) }
                widths[at] = max(widths[at], TextWidth.of(cell) + Self.padding)
            }
        }
        var out = ""
        for cells in lines {
            for (at, cell) in cells.enumerated() {
                out += cell
                if at < cells.count - 1 {
                    out += String(repeating: " ", count: max(0, widths[at] - TextWidth.of(cell)))
                }
            }
            out += "\n"
        }
        lines = []
        return out
    }
}

enum TextWidth {
    /// Characters, as Go's tabwriter counts them.
    static func of(_ text: String) -> Int { text.unicodeScalars.count }
}

extension TabWriter {
    /// As kubectl makes them.
    static var kubectl: TabWriter { TabWriter(minimumWidth: 6, padding: 3) }
}
