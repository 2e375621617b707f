import JSON

/// The `format`s of strings that the API server checks (kube-openapi's `strfmt`); all others are ignored.
enum SchemaFormats {
    /// Format names are compared without their dashes.
    private static let checks: [String: @Sendable (String) -> Bool] = [
        "bsonobjectid": { $0.utf8.count == 24 && $0.utf8.allSatisfy(isHexadecimal) },
        "uri": isRequestURI,
        "email": MailAddress.isValid,
        "hostname": isHostname,
        "ipv4": { $0.utf8.contains(UInt8(ascii: ".")) && IPAddress($0) != nil },
        "ipv6": { $0.utf8.contains(UInt8(ascii: ":")) && isStrictAddress(Substring($0)) },
        "cidr": { CIDR($0) != nil },
        "mac": isMAC,
        "uuid": { matches("uuid", $0) },
        "uuid3": { matches("uuid3", $0) },
        "uuid4": { matches("uuid4", $0) },
        "uuid5": { matches("uuid5", $0) },
        "isbn": { isISBN10($0) || isISBN13($0) },
        "isbn10": isISBN10,
        "isbn13": isISBN13,
        "creditcard": isCreditCard,
        "ssn": { $0.utf8.count == 11 && matches("ssn", $0) },
        "hexcolor": { matches("hexcolor", $0) },
        "rgbcolor": { matches("rgbcolor", $0) },
        "byte": isBase64,
        "password": { _ in true },
        "date": TimeFormats.isDate,
        "duration": TimeFormats.isDuration,
        "datetime": TimeFormats.isDateTime,
        "k8sshortname": { $0.utf8.count <= 63 && matches("shortname", $0) },
        "k8slongname": {
            $0.utf8.count <= 253 && matches("longname", $0)
        },
    ]

    private static func normalized(_ format: String) -> String { format.filter { $0 != "-" } }

    /// Whether the API server heeds the format on a value of the type ("": any).
    static func isKnown(_ format: String, type: String) -> Bool {
        switch type {
        case "", "string": isFormatOfStrings(format)
        case "integer": format == "int32" || format == "int64"
        case "number": format == "float" || format == "double"
        default: false
        }
    }

    static func isFormatOfStrings(_ format: String) -> Bool { checks[normalized(format)] != nil }

    static func holds(_ format: String, _ text: String) -> Bool { checks[normalized(format)]?(text) ?? true }

    /// The formats that are patterns, whole or in part.
    private static let patterns: [String: RE2Pattern] = {
        let rgb = #"(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])"#
        let word = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
        func uuid(_ third: String, _ fourth: String) -> String {
            "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?\(third)-?\(fourth)-?[0-9a-f]{12}$"
        }
        let texts = [
            "ssn": #"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#,
            "hexcolor": "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$",
            "rgbcolor": #"^rgb\(\s*"# + [rgb, rgb, rgb].joined(separator: #"\s*,\s*"#) + #"\s*\)$"#,
            "shortname": "^\(word)$",
            "longname": #"^\#(word)(\.\#(word))*$"#,
            "uuid": uuid("[0-9a-f]{4}", "[0-9a-f]{4}"),
            "uuid3": uuid("3[0-9a-f]{3}", "[0-9a-f]{4}"),
            "uuid4": uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
            "uuid5": uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}"),
            "hostname": #"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|"#
                + #"([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}"#
                + #"([a-zA-Z\p{L}]){2,63})$"#,
            "creditcard": #"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|"#
                + #"3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$"#,
        ]
        return texts.compactMapValues { try? RE2Pattern($0) }
    }()

    private static func matches(_ format: String, _ text: String) -> Bool { patterns[format]?.matches(text) ?? false }

    /// Whether the text is an address without leading zeros in its decimal parts.
    static func isStrictAddress(_ text: Substring) -> Bool {
        IPAddress.parse(text).map { !$0.1.hasLeadingZeros } ?? false
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// `url.ParseRequestURI`: an absolute URI or an absolute path.
    static func isRequestURI(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return text == "*" }
        var rest = bytes[...]
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first,
            (0x61...0x7A).contains(first | 0x20),
            bytes[..<colon].allSatisfy({ isDigit($0) || (0x61...0x7A).contains($0 | 0x20) || "+-.".utf8.contains($0) })
        {
            rest = bytes[(colon + 1)...]
        } else if bytes[0] != UInt8(ascii: "/") {
            return text == "*"
        }
        let isRooted = rest.first == UInt8(ascii: "/")
        // With a scheme an opaque part will do too: `mailto:a@b`.
        guard isRooted || rest.count < bytes.count, !rest.isEmpty || rest.count < bytes.count else { return false }
        guard hasWholeEscapes(rest.prefix { $0 != UInt8(ascii: "?") }) || !isRooted else { return false }
        guard rest.starts(with: "//".utf8), rest.count < bytes.count else { return true }
        return isAuthority(rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
    }

    private static func hasWholeEscapes(_ bytes: ArraySlice<UInt8>) -> Bool {
        var at = bytes.startIndex
        while at < bytes.endIndex {
            if bytes[at] == UInt8(ascii: "%") {
                guard at + 2 < bytes.endIndex, isHexadecimal(bytes[at + 1]), isHexadecimal(bytes[at + 2]) else {
                    return false
                }
            }
            at += 1
        }
        return true
    }

    private static func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
        let host = bytes.lastIndex(of: UInt8(ascii: "@")).map { bytes[($0 + 1)...] } ?? bytes
        let bad = "<>\"{}|\\^` ".utf8
        guard !host.contains(where: bad.contains) else { return false }
        if host.first == UInt8(ascii: "[") {
            guard let close = host.lastIndex(of: UInt8(ascii: "]")) else { return false }
            return isPort(host[(close + 1)...])
        }
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")) else { return true }
        return isPort(host[colon...])
    }

    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.isEmpty || (bytes.first == UInt8(ascii: ":") && bytes.dropFirst().allSatisfy(isDigit))
    }

    private static func isHostname(_ text: String) -> Bool {
        guard text.utf8.count <= 255, matches("hostname", text) else { return false }
        return text.split(separator: ".").allSatisfy { $0.utf8.count <= 63 }
    }

    /// `net.ParseMAC`: 6, 8 or 20 bytes, in pairs with `:` or `-`, or in fours with `.`.
    private static func isMAC(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 14 else { return false }
        let (separator, width) =
            bytes[2] == UInt8(ascii: ":") || bytes[2] == UInt8(ascii: "-")
            ? (bytes[2], 2) : (UInt8(ascii: "."), 4)
        guard (bytes.count + 1) % (width + 1) == 0 else { return false }
        let length = (bytes.count + 1) / (width + 1) * width / 2
        guard [6, 8, 20].contains(length) else { return false }
        return bytes.enumerated().allSatisfy { place, byte in
            place % (width + 1) == width ? byte == separator : isHexadecimal(byte)
        }
    }

    private static func digits(_ text: String) -> [UInt8] {
        text.utf8.filter { !" \t\n\r\u{0C}-".utf8.contains($0) }
    }

    private static func isISBN10(_ text: String) -> Bool {
        let bytes = digits(text)
        guard bytes.count == 10, bytes.prefix(9).allSatisfy(isDigit), isDigit(bytes[9]) || bytes[9] == 0x58 else {
            return false
        }
        let sum = bytes.prefix(9).enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element - 0x30) }
        return (sum + 10 * (bytes[9] == 0x58 ? 10 : Int(bytes[9] - 0x30))) % 11 == 0
    }

    private static func isISBN13(_ text: String) -> Bool {
        let bytes = digits(text)
        guard bytes.count == 13, bytes.allSatisfy(isDigit) else { return false }
        let sum = bytes.prefix(12).enumerated().reduce(0) { $0 + ($1.offset % 2 == 0 ? 1 : 3) * Int($1.element - 0x30) }
        return Int(bytes[12] - 0x30) == (10 - sum % 10) % 10
    }

    /// The issuers' prefixes and the check digit; anything that is no digit is passed over.
    private static func isCreditCard(_ text: String) -> Bool {
        let bytes = text.utf8.filter(isDigit)
        guard bytes.count <= 19, matches("creditcard", String(decoding: bytes, as: UTF8.self)) else { return false }
        let sum = bytes.reversed().enumerated().reduce(0) { sum, entry in
            let doubled = Int(entry.element - 0x30) * (entry.offset % 2 == 1 ? 2 : 1)
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum % 10 == 0
    }

    /// Padded, standard alphabet, not empty.
    static func isBase64(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count % 4 == 0 else { return false }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return padding <= 2
            && bytes.dropLast(padding).allSatisfy {
                isDigit($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2B || $0 == 0x2F
            }
    }
}
