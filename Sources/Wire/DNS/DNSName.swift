/// A domain name, absolute, as it stands in messages: labels with their lengths. Names are equal when they differ only in
/// the case of ASCII letters (RFC 4343).
package struct DNSName: Sendable, Hashable, CustomStringConvertible {
    package enum Limit {
        /// RFC 1035 2.3.4, in bytes: of a label, and of a whole name with all lengths and the root's zero.
        static let label = 63, name = 255
    }

    /// Each label as its length and its bytes, in the case they were written in; without the root's zero.
    package let wire: [UInt8]
    /// The same in lower case: what is compared.
    private let folded: [UInt8]

    package static let root = DNSName(unchecked: [])

    init(unchecked wire: [UInt8]) {
        self.wire = wire
        // No length of a label, 63 at most, is a letter's code.
        folded = wire.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Nil when a label is empty or longer than 63 bytes, or the name longer than 255.
    package init?(labels: some Sequence<some Collection<UInt8>>) {
        var wire: [UInt8] = []
        for label in labels {
            guard (1...Limit.label).contains(label.count) else { return nil }
            wire.append(UInt8(label.count))
            wire += label
        }
        guard wire.count < Limit.name else { return nil }
        self.init(unchecked: wire)
    }

    /// From the usual text, with or without the last dot; "." is the root. Escapes aren't understood: cluster names have
    /// none.
    package init?(_ text: String) {
        let trimmed = text.hasSuffix(".") ? String(text.dropLast()) : text
        if trimmed.isEmpty {
            guard text == "." else { return nil }
            self = .root
            return
        }
        self.init(labels: trimmed.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false))
    }

    package static func == (a: DNSName, b: DNSName) -> Bool { a.folded == b.folded }
    package func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    /// In lower case, first to last; bytes that aren't UTF-8 are replaced.
    package var labels: [String] {
        var labels: [String] = []
        var at = 0
        while at < folded.count {
            let end = at + 1 + Int(folded[at])
            labels.append(String(decoding: folded[(at + 1)..<end], as: UTF8.self))
            at = end
        }
        return labels
    }

    /// In lower case and with the last dot.
    package var description: String {
        labels.map { $0 + "." }.joined().isEmpty ? "." : labels.map { $0 + "." }.joined()
    }

    /// The labels before the other name, in lower case; nil when this isn't below the other, or the other itself.
    package func labels(below other: DNSName) -> [String]? {
        guard folded.count >= other.folded.count else { return nil }
        let start = folded.count - other.folded.count
        guard folded[start...].elementsEqual(other.folded) else { return nil }
        // The tail must begin where a label does.
        var at = 0
        while at < start { at += 1 + Int(folded[at]) }
        guard at == start else { return nil }
        return DNSName(unchecked: Array(folded[..<start])).labels
    }

    /// This name with more labels in front; nil when it gets too long.
    package func prefixed(_ labels: String...) -> DNSName? {
        guard let front = DNSName(labels: labels.map { Array($0.utf8) }) else { return nil }
        let whole = front.wire + wire
        return whole.count < Limit.name ? DNSName(unchecked: whole) : nil
    }

    /// Where each suffix of the name begins in `wire`, the whole first.
    var suffixes: [(at: Int, key: ArraySlice<UInt8>)] {
        var found: [(at: Int, key: ArraySlice<UInt8>)] = []
        var at = 0
        while at < folded.count {
            found.append((at, folded[at...]))
            at += 1 + Int(folded[at])
        }
        return found
    }
}
