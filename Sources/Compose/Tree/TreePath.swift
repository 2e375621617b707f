/// A path from a file's root: names, and `[]`, `[0]` or an index for a list's elements.
package struct TreePath: Sendable, Hashable, CustomStringConvertible {
    package var parts: [String]

    package init(_ parts: [String] = []) { self.parts = parts }

    package init(_ text: String) { parts = text.split(separator: ".").map(String.init) }

    package func next(_ part: String) -> TreePath { TreePath(parts + [part]) }

    package var description: String { parts.joined(separator: ".") }

    /// `services.web.ports[0]`.
    package var pretty: String {
        parts.reduce(into: "") { text, part in
            text +=
                part.first?.isNumber == true && part.allSatisfy(\.isNumber)
                ? "[\(part)]" : text.isEmpty ? part : ".\(part)"
        }
    }

    /// `*` of a pattern stands for any one part.
    package func matches(_ pattern: TreePath) -> Bool {
        parts.count == pattern.parts.count && zip(parts, pattern.parts).allSatisfy { $1 == "*" || $0 == $1 }
    }
}

/// Rules for paths, found by pattern.
package struct PathRules<Rule: Sendable>: Sendable {
    private let byCount: [Int: [(TreePath, Rule)]]

    package init(_ rules: [(String, Rule)]) {
        byCount = Dictionary(grouping: rules.map { (TreePath($0.0), $0.1) }) { $0.0.parts.count }
    }

    package func rule(_ path: TreePath) -> Rule? {
        byCount[path.parts.count]?.first { path.matches($0.0) }?.1
    }
}
