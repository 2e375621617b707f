import JSON

/// What can be said of certificates in PEM without reading what is in their blocks.
enum CertificateText {
    struct Block {
        let type: String
        let hasHeaders: Bool
        /// The lines between, which are base64.
        let content: String
    }

    static func blocks(_ text: String) -> [Block] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = line
            while let last = line.last, last.isWhitespace { line = line.dropLast() }
            return String(line)
        }
        var found: [Block] = []
        var begin: (type: String, line: Int)?
        for (index, line) in lines.enumerated() {
            if let type = label(line, "-----BEGIN ") {
                begin = (type, index)
            } else if let open = begin, label(line, "-----END ") == open.type {
                let inner = lines[(open.line + 1)..<index]
                found.append(
                    Block(
                        type: open.type, hasHeaders: inner.contains { $0.contains(":") },
                        content: inner.filter { !$0.contains(":") }.joined()))
                begin = nil
            }
        }
        return found
    }

    private static func label(_ line: String, _ prefix: String) -> String? {
        guard line.hasPrefix(prefix), line.hasSuffix("-----"), line.utf8.count > prefix.utf8.count + 5 else {
            return nil
        }
        return String(line.dropFirst(prefix.count).dropLast(5))
    }

    /// The text that base64 in an object stands for; "" when it is none.
    static func decoded(_ value: JSON) -> String {
        guard let bytes = try? GoBase64.decode(value.string ?? "") else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Why an issued chain isn't one; nil when it is, or there is none yet.
    static func problem(_ text: String) -> String? {
        if text.isEmpty { return nil }
        let blocks = blocks(text)
        for block in blocks {
            if block.type != "CERTIFICATE" {
                return "only CERTIFICATE PEM blocks are allowed, found \(GoText.quoted(block.type))"
            }
            if block.hasHeaders { return "no PEM block headers are permitted" }
        }
        return blocks.isEmpty ? "must contain at least one CERTIFICATE PEM block" : nil
    }
}
