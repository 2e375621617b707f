import CommandLine
import JSON

/// A column of a listing: the name that templates use, the title in tables, and the value for a row.
package struct Column<Row: Sendable>: Sendable {
    let name: String
    let title: String
    let value: @Sendable (Row) throws -> TemplateValue

    package init(_ name: String, _ title: String, _ value: @escaping @Sendable (Row) throws -> TemplateValue) {
        self.name = name
        self.title = title
        self.value = value
    }

    package static func text(_ name: String, _ title: String, _ value: @escaping @Sendable (Row) throws -> String)
        -> Column
    {
        Column(name, title) { .text(try value($0)) }
    }
}

/// Something that commands list: its columns, and methods that take arguments (`.Label "x"`).
package struct Listing<Row: Sendable>: Sendable {
    package init(typeName: String, columns: [Column<Row>]) {
        self.typeName = typeName
        self.columns = columns
    }

    init(
        typeName: String, columns: [Column<Row>],
        methods: [String: @Sendable (Row, [TemplateValue]) -> TemplateValue]
    ) {
        self.typeName = typeName
        self.columns = columns
        self.methods = methods
    }

    /// The Go type that messages about unknown fields name.
    let typeName: String
    let columns: [Column<Row>]
    var methods: [String: @Sendable (Row, [TemplateValue]) -> TemplateValue] = [:]

    /// The rows as the format asks: `table`, `table TEMPLATE`, `json`, `raw` forms given as templates, or a template.
    /// `standard` is the template behind a bare `table`.
    package func render(_ rows: [Row], format: String, standard: String) throws -> String {
        var source = format
        let isTable = format.hasPrefix("table")
        if format == "table" || format.isEmpty {
            source = standard
        } else if isTable {
            source = String(format.dropFirst("table".count))
        } else if format == "json" {
            source = "{{json .}}"
        }
        source = source.trimmingSpaces.replacingEscapes
        let template: Template
        do { template = try Template(parsing: source) } catch { throw Failure("template parsing error: \(error)") }
        var body = ""
        for row in rows {
            do { body += try template.execute(.record(record(row))) + "\n" } catch {
                throw Failure("template parsing error: \(error)")
            }
        }
        guard isTable || format.isEmpty else { return body }
        var writer = TabWriter()
        writer.write(header(template) + "\n" + body)
        return writer.flush()
    }

    /// Whether a template reads the column: the API leaves out what costs much to find, such as sizes.
    static func uses(_ column: String, format: String) -> Bool { format.contains(".\(column)") }

    func record(_ row: Row) -> TemplateRecord {
        TemplateRecord(
            typeName: typeName,
            field: { name, arguments in
                if let method = methods[name] { return method(row, arguments) }
                return try columns.first { $0.name == name }.map { try $0.value(row) }
            },
            json: {
                let pairs = columns.map { ($0.name, (try? $0.value(row))?.asJSON ?? .null) }
                return .object(JSONObject(pairs.sorted { $0.0 < $1.0 }))
            })
    }

    private func header(_ template: Template) -> String {
        let titles = Dictionary(columns.map { ($0.name, $0.title) }) { first, _ in first }
        let record = TemplateRecord(
            typeName: "formatter.SubHeaderContext",
            field: { name, arguments in
                if name == "Label", let label = arguments.first {
                    let last = label.printed.parts(".").last ?? ""
                    return .text(String(last.map { $0 == "-" || $0 == "_" ? " " : $0 }))
                }
                return titles[name].map { .text($0) } ?? .missing
            }, json: { .null })
        return (try? template.replacing(functions: TemplateFunctions.forHeaders).execute(.record(record))) ?? ""
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var part = self[...]
        while part.first == " " { part.removeFirst() }
        while part.last == " " { part.removeLast() }
        return String(part)
    }

    /// `\t` and `\n` as people type them in shells.
    var replacingEscapes: String {
        var out = "", rest = self[...]
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "t" {
                rest.removeFirst()
                out += "\t"
            } else if character == "\\", rest.first == "n" {
                rest.removeFirst()
                out += "\n"
            } else {
                out.append(character)
            }
        }
        return out
    }
}

/// Texts that several listings share.
package enum Shown {
    /// The first twelve digits of an ID, without `sha256:`.
    package static func short(_ id: String) -> String {
        String((id.hasPrefix("sha256:") ? id.dropFirst("sha256:".count) : id[...]).prefix(12))
    }

    package static func labels(_ labels: JSON) -> String {
        labels.stringMap.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",")
    }

    package static func ago(unix seconds: Int, now: Timestamp = .now()) -> String {
        Units.humanDuration(now.since(Timestamp(seconds: Int64(seconds)))) + " ago"
    }

    static func yesNo(_ value: Bool) -> String { value ? "true" : "false" }
}
