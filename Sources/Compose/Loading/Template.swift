/// Variables in a text: `$NAME`, `${NAME}`, `${NAME:-default}` and its kin, nested; `$$` is a dollar sign.
package struct VariableTemplate {
    enum Problem: Error, Equatable {
        /// No such form; with the template.
        case invalid(String)
        case missing(variable: String, reason: String)
    }

    /// A variable's value; nil when it is not set.
    let lookUp: (String) -> String?
    /// Told of variables that are not set and have no default.
    let warn: (String) -> Void

    package init(lookUp: @escaping (String) -> String?, warn: @escaping (String) -> Void = { _ in }) {
        self.lookUp = lookUp
        self.warn = warn
    }

    func substitute(_ text: String) throws(Problem) -> String {
        guard text.utf8.contains(0x24) else { return text }
        let scalars = Array(text.unicodeScalars)
        var out = String.UnicodeScalarView()
        var at = 0
        while at < scalars.count {
            guard scalars[at] == "$", at + 1 < scalars.count else {
                out.append(scalars[at])
                at += 1
                continue
            }
            switch scalars[at + 1] {
            case "$":
                out.append("$")
                at += 2
            case "{":
                guard let end = Self.closing(scalars, at + 1) else { throw .invalid(text) }
                out.append(contentsOf: try braced(scalars[(at + 2)..<end], text).unicodeScalars)
                at = end + 1
            case let next where Self.isStart(next):
                var end = at + 1
                while end < scalars.count, Self.isPart(scalars[end]) { end += 1 }
                out.append(contentsOf: plain(Self.string(scalars[(at + 1)..<end])).unicodeScalars)
                at = end
            default:
                out.append(scalars[at])
                at += 1
            }
        }
        return String(out)
    }

    private func plain(_ name: String) -> String {
        if let value = lookUp(name) { return value }
        warn(name)
        return ""
    }

    private func braced(_ body: ArraySlice<Unicode.Scalar>, _ whole: String) throws(Problem) -> String {
        let name = body.prefix(while: Self.isPart)
        guard let first = name.first, Self.isStart(first) else { throw .invalid(whole) }
        let variable = Self.string(name)
        var rest = body.dropFirst(name.count)
        guard let mark = rest.first else { return plain(variable) }
        let countsEmpty = mark == ":"
        if countsEmpty { rest = rest.dropFirst() }
        guard let operation = rest.popFirst(), "-+?".unicodeScalars.contains(operation) else { throw .invalid(whole) }
        let value = lookUp(variable)
        let isThere = value != nil && !(countsEmpty && value == "")
        let other = Self.string(rest)
        switch operation {
        case "-": return isThere ? value ?? "" : try substitute(other)
        case "+": return isThere ? try substitute(other) : value ?? ""
        default:
            guard isThere else { throw .missing(variable: variable, reason: try substitute(other)) }
            return value ?? ""
        }
    }

    /// Where the brace at `open` is closed; braces of nested variables are passed over.
    private static func closing(_ scalars: [Unicode.Scalar], _ open: Int) -> Int? {
        var depth = 0
        for at in open..<scalars.count {
            if scalars[at] == "{" { depth += 1 }
            if scalars[at] == "}" {
                depth -= 1
                if depth == 0 { return at }
            }
        }
        return nil
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func isStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isASCII && scalar.properties.isAlphabetic
    }

    private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
        isStart(scalar) || scalar.isASCII && scalar.properties.numericType != nil
    }
}
