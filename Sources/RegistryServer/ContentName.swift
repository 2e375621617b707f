import Crypto

/// A content's digest as registries serve it, `ALGORITHM:HEX` (image-spec, descriptor.md "Digests"). Besides sha256,
/// which the rest of the program knows alone, sha512 is kept for clients that use it.
struct ContentName: Sendable, Hashable, CustomStringConvertible {
    enum Algorithm: String, Sendable, CaseIterable {
        case sha256, sha512

        var hexDigits: Int { self == .sha256 ? 64 : 128 }
    }

    let algorithm: Algorithm
    let hex: String

    var description: String { "\(algorithm.rawValue):\(hex)" }
    /// As part of a file's name.
    var fileName: String { "\(algorithm.rawValue)-\(hex)" }

    /// Nil for anything else than a digest of a known algorithm.
    init?(_ text: String) { self.init(text, separator: ":") }

    init?(fileName: String) { self.init(fileName, separator: "-") }

    private init?(_ text: String, separator: Character) {
        let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])),
            parts[1].utf8.count == algorithm.hexDigits,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.algorithm = algorithm
        hex = String(parts[1])
    }

    init(of bytes: [UInt8], by algorithm: Algorithm = .sha256) {
        var hash = ContentHash(algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        self = hash.name
    }

    fileprivate init(_ algorithm: Algorithm, _ digest: some Sequence<UInt8>) {
        self.algorithm = algorithm
        let digits = Array("0123456789abcdef".utf8)
        hex = String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// A hash that grows with what is written.
enum ContentHash: Sendable {
    case sha256(SHA256), sha512(SHA512)

    init(_ algorithm: ContentName.Algorithm) {
        switch algorithm {
        case .sha256: self = .sha256(SHA256())
        case .sha512: self = .sha512(SHA512())
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            self = .sha256(hash)
        case .sha512(var hash):
            hash.update(bufferPointer: bytes)
            self = .sha512(hash)
        }
    }

    /// Of what has come so far.
    var name: ContentName {
        switch self {
        case .sha256(let hash): ContentName(.sha256, hash.finalize())
        case .sha512(let hash): ContentName(.sha512, hash.finalize())
        }
    }
}
