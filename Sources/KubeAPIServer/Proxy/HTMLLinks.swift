/// Finds the attributes of HTML tags that hold URLs, by a scan that knows tags, comments and the raw text of scripts and
/// styles, and no more of the language.
struct HTMLLinks {
    /// By the tag's name, in lower case.
    private static let attributes: [String: Set<String>] = [
        "a": ["href"], "applet": ["codebase"], "area": ["href"], "audio": ["src"], "base": ["href"],
        "blockquote": ["cite"], "body": ["background"], "button": ["formaction"], "command": ["icon"],
        "del": ["cite"], "embed": ["src"], "form": ["action"], "frame": ["longdesc", "src"], "head": ["profile"],
        "html": ["manifest"], "iframe": ["longdesc", "src"], "img": ["longdesc", "src", "usemap"],
        "input": ["src", "usemap", "formaction"], "ins": ["cite"], "link": ["href"],
        "object": ["classid", "codebase", "data", "usemap"], "q": ["cite"], "script": ["src"], "source": ["src"],
        "video": ["poster", "src"],
    ]

    private let html: [UInt8]
    private var at = 0
    private var found: [Range<Int>] = []

    /// The values' places, without their quotes, in order.
    static func find(in html: [UInt8]) -> [Range<Int>] {
        var scan = HTMLLinks(html)
        scan.run()
        return scan.found
    }

    private init(_ html: [UInt8]) { self.html = html }

    private mutating func run() {
        while let start = html[at...].firstIndex(of: UInt8(ascii: "<")) {
            at = start + 1
            if hasPrefix("!--") {
                skip(past: "-->")
            } else if let byte = next, Self.isLetter(byte) {
                let name = word { Self.isLetter($0) || (0x30...0x39).contains($0) }
                tag(Self.attributes[name] ?? [])
                if name == "script" || name == "style" { skip(past: "</\(name)") }
            }
        }
    }

    /// From behind a tag's name to behind its `>`.
    private mutating func tag(_ wanted: Set<String>) {
        while let byte = next, byte != UInt8(ascii: ">") {
            guard !Self.isSpace(byte), byte != UInt8(ascii: "/") else {
                at += 1
                continue
            }
            let name = word { !Self.isSpace($0) && !"=>/".utf8.contains($0) }
            if name.isEmpty { at += 1 }
            skipSpace()
            guard next == UInt8(ascii: "=") else { continue }
            at += 1
            skipSpace()
            let value = value()
            if wanted.contains(name), !value.isEmpty { found.append(value) }
        }
    }

    private mutating func value() -> Range<Int> {
        let start: Int
        if let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            start = at + 1
            let end = html[start...].firstIndex(of: quote) ?? html.count
            at = min(end + 1, html.count)
            return start..<end
        }
        start = at
        while let byte = next, !Self.isSpace(byte), byte != UInt8(ascii: ">") { at += 1 }
        return start..<at
    }

    private var next: UInt8? { at < html.count ? html[at] : nil }

    /// In lower case.
    private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
        let start = at
        while let byte = next, belongs(byte) { at += 1 }
        return String(decoding: html[start..<at], as: UTF8.self).lowercased()
    }

    private mutating func skipSpace() { while let byte = next, Self.isSpace(byte) { at += 1 } }

    private func hasPrefix(_ text: String) -> Bool { html[at...].starts(with: text.utf8) }

    /// Whatever the letters' case; to the end when it isn't there.
    private mutating func skip(past text: String) {
        let wanted = Array(text.utf8)
        while at + wanted.count <= html.count {
            if zip(html[at...], wanted).allSatisfy({ Self.lower($0) == $1 }) {
                at += wanted.count
                return
            }
            at += 1
        }
        at = html.count
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
