import CKubeSchema

/// Our own words for types and fields: `Sources/CKubeSchema/descriptions.txt`.
///
/// A line is a type, by the end of its published name (`core.v1.Pod`), and what it is; indented lines are its fields.
/// Fields under `*` are meant wherever nothing else is said.
struct SchemaDescriptions: Sendable {
    static let builtIn = SchemaDescriptions(String(decoding: builtInText, as: UTF8.self))

    static var builtInText: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: hako_kube_descriptions_start(), count: hako_kube_descriptions_size)
    }

    private var texts: [String: String] = [:]

    init(_ text: String) {
        var type: Substring = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let subject = line[..<colon.lowerBound].drop { $0 == " " }
            let isField = line.hasPrefix(" ")
            if !isField { type = subject }
            texts[isField ? "\(type).\(subject)" : String(subject)] = String(line[colon.upperBound...])
        }
    }

    /// `core.v1.Pod` for `io.k8s.api.core.v1.Pod`.
    private static func short(_ name: String) -> String {
        name.split(separator: ".").suffix(3).joined(separator: ".")
    }

    func type(_ name: String) -> String? { texts[Self.short(name)] }

    func field(_ field: String, of name: String) -> String? {
        texts["\(Self.short(name)).\(field)"] ?? texts["*.\(field)"]
    }

    /// What descriptions are of, for the test that nothing is misspelt.
    var subjects: [String] { texts.keys.sorted() }
}
