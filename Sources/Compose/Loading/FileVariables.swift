/// The variables that a project's files use.
package enum FileVariables {
    package struct Variable: Sendable, Equatable {
        package var name: String
        package var isRequired = false
        package var standard = ""
        package var alternate = ""
    }

    /// By name.
    package static func all(_ request: LoadRequest, _ access: FileAccess) throws -> [Variable] {
        let loader = Loader(request, access)
        var found: [String: Variable] = [:]
        for file in request.files {
            for document in try loader.documents(file) { collect(document.root, &found) }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private static func collect(_ node: Node, _ found: inout [String: Variable]) {
        if let text = node.string { collect(text, &found) }
        for entry in node.map?.entries ?? [] { collect(entry.node, &found) }
        for element in node.list ?? [] { collect(element, &found) }
    }

    static func collect(_ text: String, _ found: inout [String: Variable]) {
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                rest = rest.dropFirst()
                continue
            }
            let isBraced = rest.first == "{"
            if isBraced { rest = rest.dropFirst() }
            let name = String(rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) })
            guard let first = name.first, !first.isNumber else { continue }
            rest = rest.dropFirst(name.count)
            var variable = found[name] ?? Variable(name: name)
            if isBraced {
                var mark = rest.first
                var body = rest.dropFirst()
                if mark == ":" {
                    mark = body.first
                    body = body.dropFirst()
                }
                let value = String(body.prefix { $0 != "}" })
                if mark == "?" { variable.isRequired = true }
                if mark == "-" { variable.standard = value }
                if mark == "+" { variable.alternate = value }
            }
            found[name] = variable
        }
    }
}
