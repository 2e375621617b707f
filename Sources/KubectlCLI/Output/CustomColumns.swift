import CommandLine
import JSON

/// `-o custom-columns=NAME:.metadata.name,…`.
struct CustomColumns {
    private let headers: [String]
    private let paths: [JSONPath]
    private let noHeaders: Bool

    init(spec: String, noHeaders: Bool) throws {
        guard !spec.isEmpty else { throw Refusal("custom-columns format specified but no custom columns given") }
        var headers: [String] = [], paths: [JSONPath] = []
        for part in spec.parts(",") {
            guard let (header, path) = part.cut(":") else {
                throw Refusal("unexpected custom-columns spec: \(part), expected <header>:<json-path-expr>")
            }
            headers.append(header)
            paths.append(try Self.path(path))
        }
        self.headers = headers
        self.paths = paths
        self.noHeaders = noHeaders
    }

    /// A line of headers and a line of paths, both between spaces.
    init(file text: String, noHeaders: Bool) throws {
        let lines = text.parts("\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        guard let headers = lines.first, !headers.isEmpty else {
            throw Refusal(
                "invalid template, missing header line. Expected format is one line of space separated headers, one line of space separated column specs."
            )
        }
        guard lines.count > 1, !lines[1].isEmpty else {
            throw Refusal(
                "invalid template, missing spec line. Expected format is one line of space separated headers, one line of space separated column specs."
            )
        }
        guard headers.count == lines[1].count else {
            throw Refusal(
                "number of headers (\(headers.count)) and field specifications (\(lines[1].count)) don't match")
        }
        self.headers = headers
        paths = try lines[1].map(Self.path)
        self.noHeaders = noHeaders
    }

    private static func path(_ text: String) throws -> JSONPath {
        do { return try JSONPath(parsing: try JSONPath.relaxed(text), allowsMissingKeys: true) } catch {
            throw Refusal("\(error)")
        }
    }

    func text(_ objects: [JSON]) throws -> String {
        var table = TabWriter.kubectl
        if !noHeaders { table.write(headers.joined(separator: "\t") + "\n") }
        for object in objects {
            let cells = try paths.map { path -> String in
                let found: [JSON]
                do { found = try path.results(object).flatMap { $0 } } catch { throw Refusal("\(error)") }
                return found.isEmpty ? "<none>" : found.map(GoSyntax.plain).joined(separator: ",")
            }
            table.write(cells.joined(separator: "\t") + "\n")
        }
        return table.flush()
    }
}
