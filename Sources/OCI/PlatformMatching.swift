import Fault

extension Platform {
    /// Reads `linux`, `amd64`, `linux/arm64`, `linux/arm/v7`. What is left out is the host's. Throws `invalid`.
    package init(parsing text: String) throws(Fault) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy({ Self.isWord($0) }) else {
            throw Fault(.invalid, "\"\(text)\" is an invalid platform: want os[/architecture[/variant]]")
        }
        var platform = Platform.host
        switch parts.count {
        case 1 where Self.systems.contains(parts[0]):
            platform = Platform(os: parts[0], architecture: platform.architecture)
        case 1: platform = Platform(os: platform.os, architecture: parts[0])
        case 2: platform = Platform(os: parts[0], architecture: parts[1])
        default: platform = Platform(os: parts[0], architecture: parts[1], variant: parts[2])
        }
        self = platform.normalized
        let isKnown = Self.architectures.contains(architecture)
        guard parts.count > 1 || isKnown else {
            throw Fault(.invalid, "\"\(text)\": unknown operating system or architecture")
        }
    }

    private static let systems: Set = ["linux", "windows", "darwin", "freebsd", "wasip1", "wasi"]
    private static let architectures: Set = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le",
        "riscv64", "s390x", "wasm",
    ]

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { Grammar.isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E }
    }

    /// One spelling for each platform: Go's names; `v8` of arm64 and `v1` of amd64 go without saying.
    package var normalized: Platform {
        var (architecture, variant) = (architecture.lowercased(), variant?.lowercased())
        switch architecture {
        case "x86_64", "x86-64": architecture = "amd64"
        case "i386", "i486", "i586", "i686": (architecture, variant) = ("386", nil)
        case "aarch64": architecture = "arm64"
        case "armhf": (architecture, variant) = ("arm", "v7")
        case "armel": (architecture, variant) = ("arm", "v6")
        default: break
        }
        switch (architecture, variant) {
        case ("amd64", "v1"), ("arm64", "8"), ("arm64", "v8"), ("arm64", "v8.0"): variant = nil
        case ("arm", nil): variant = "v7"
        case ("arm", let number?) where number.utf8.count == 1: variant = "v" + number
        default: break
        }
        return Platform(
            os: os.lowercased() == "macos" ? "darwin" : os.lowercased(), architecture: architecture, variant: variant)
    }

    /// The platforms whose images run here, best first: newer variants run older ones' programs, and 64-bit
    /// processors the 32-bit ones'.
    package var matchOrder: [Platform] {
        let own = normalized
        func variants(_ architecture: String, _ list: [String?]) -> [Platform] {
            list.map { Platform(os: own.os, architecture: architecture, variant: $0) }
        }
        func from(_ variant: String?, _ list: [String?]) -> [String?] {
            list.firstIndex(of: variant).map { Array(list[$0...]) } ?? [variant] + list
        }
        switch own.architecture {
        case "arm": return variants("arm", from(own.variant, ["v8", "v7", "v6", "v5"]))
        case "arm64":
            let newer: [String?] = ["v9.5", "v9", "v8.5", "v8.1", nil]
            return variants("arm64", from(own.variant, newer)) + variants("arm", ["v8", "v7", "v6", "v5"])
        case "amd64": return variants("amd64", from(own.variant, ["v4", "v3", "v2", nil])) + variants("386", [nil])
        default: return own.variant == nil ? [own] : variants(own.architecture, [own.variant, nil])
        }
    }

    /// Whether an image for `other` may be run or listed as one for this platform.
    package func accepts(_ other: Platform) -> Bool { matchOrder.contains(other.normalized) }
}
