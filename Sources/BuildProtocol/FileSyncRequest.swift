import Wire

/// What of a client's folder is wanted.
package struct FileSyncRequest: Sendable, Equatable {
    /// `context`, `dockerfile`, or a named context's name.
    package var name: String
    package var includes: [String] = []
    package var excludes: [String] = []
    /// These paths alone, and what their links lead to; empty: all.
    package var follows: [String] = []

    package init(name: String, includes: [String] = [], excludes: [String] = [], follows: [String] = []) {
        self.name = name
        self.includes = includes
        self.excludes = excludes
        self.follows = follows
    }

    /// Of a call's metadata.
    package init(_ value: (_ name: String) -> [String]) {
        func values(_ key: String) -> [String] {
            let isEncoded = value(key + "-encoded").contains("1")
            return isEncoded ? value(key).map(Self.decode) : value(key)
        }
        name = values("dir-name").first ?? ""
        includes = values("include-patterns")
        excludes = values("exclude-patterns")
        follows = values("followpaths")
    }

    /// As the call's metadata: text that isn't ASCII is encoded as in an address.
    package var metadata: [(name: String, value: String)] {
        var metadata: [(name: String, value: String)] = []
        for (key, values) in [
            ("include-patterns", includes), ("exclude-patterns", excludes), ("followpaths", follows),
            ("dir-name", [name]),
        ] {
            let isPlain = values.allSatisfy { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
            for value in values { metadata.append((key, isPlain ? value : Self.encode(value))) }
            if !isPlain { metadata.append((key + "-encoded", "1")) }
        }
        return metadata
    }

    /// Go's url.QueryEscape.
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): encoded += "+"
            default: encoded += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    /// Go's url.QueryUnescape; what is no escape stays.
    package static func decode(_ text: String) -> String {
        GRPCStatus.decode(String(text.map { $0 == "+" ? " " : $0 }))
    }
}
