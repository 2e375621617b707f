import JSON

/// `pod-template-hash`: FNV-1a (32 bits) over Go's print of the template, as the original's `ComputeHash`.
enum TemplateHash {
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

    /// - Parameter collisions: `status.collisionCount`; nil when there was none.
    static func of(_ podTemplate: JSON, collisions: Int?) -> String {
        var hash = fnv32a(GoDump(podTemplate: podTemplate).text.utf8)
        if let collisions {
            var count = UInt32(truncatingIfNeeded: collisions).littleEndian
            let bytes = withUnsafeBytes(of: &count) { Array($0) }
            // Eight bytes, of which the original fills four.
            hash = fnv32a(bytes + [0, 0, 0, 0], from: hash)
        }
        return safe("\(hash)")
    }

    static func fnv32a(_ bytes: some Sequence<UInt8>, from start: UInt32 = 2_166_136_261) -> UInt32 {
        var hash = start
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash
    }

    /// Letters and digits out of which no word comes, for those of a number.
    static func safe(_ text: String) -> String {
        String(text.utf8.map { alphabet[Int($0) % alphabet.count] })
    }
}
