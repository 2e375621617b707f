import Fault
import JSON

/// A `--security-opt seccomp=FILE` profile in Docker's form: conditions on architecture, capability and kernel
/// version, which the runtime-spec doesn't know, are decided here.
enum CustomSeccompProfile {
    /// Largest profile we take, in bytes; Docker's own is 16 KiB.
    static let largest = 1 << 20

    #if arch(x86_64)
        static let goArchitectures: Set<String> = ["amd64", "x32", "x86"]
        static let native = "SCMP_ARCH_X86_64"
    #elseif arch(arm64)
        static let goArchitectures: Set<String> = ["arm64", "arm"]
        static let native = "SCMP_ARCH_AARCH64"
    #endif

    /// Throws `invalid` when the text isn't a profile.
    static func resolve(_ text: String, capabilities: [String], kernel: (major: Int, minor: Int)) throws(Fault) -> JSON
    {
        guard text.utf8.count <= largest else {
            throw Fault(.invalid, "the seccomp profile is larger than \(largest) bytes")
        }
        let profile: JSON
        do { profile = try JSON(parsing: text) } catch {
            throw Fault(.invalid, "Decoding seccomp profile failed: \(error)")
        }
        guard let action = profile["defaultAction"].string, !action.isEmpty else {
            throw Fault(.invalid, "Decoding seccomp profile failed: no defaultAction")
        }
        var result: JSON = ["defaultAction": .string(action)]
        for member in ["defaultErrnoRet", "flags", "listenerPath", "listenerMetadata"] where !profile[member].isNull {
            result[member] = profile[member]
        }
        if let map = profile["archMap"].array {
            let chosen = map.first { $0["architecture"].string == native }
            let names = [native] + (chosen?["subArchitectures"].strings ?? [])
            result["architectures"] = JSON(names)
        } else {
            result["architectures"] = profile["architectures"]
        }
        let rules = (profile["syscalls"].array ?? []).filter { applies($0, Set(capabilities), kernel) }
        result["syscalls"] = .array(rules.map(plain))
        return result
    }

    private static func applies(_ rule: JSON, _ held: Set<String>, _ kernel: (major: Int, minor: Int)) -> Bool {
        let includes = rule["includes"], excludes = rule["excludes"]
        if let arches = includes["arches"].array, !arches.isEmpty,
            goArchitectures.isDisjoint(with: arches.compactMap(\.string))
        {
            return false
        }
        if !goArchitectures.isDisjoint(with: excludes["arches"].strings) { return false }
        if let caps = includes["caps"].array, !caps.isEmpty, !held.isSuperset(of: caps.compactMap(\.string)) {
            return false
        }
        if !held.isDisjoint(with: excludes["caps"].strings) { return false }
        if let least = includes["minKernel"].string, let wanted = version(least), kernel < wanted { return false }
        if let least = excludes["minKernel"].string, let wanted = version(least), kernel >= wanted { return false }
        return true
    }

    /// `4.8` or `6.18.0-rc1` as numbers.
    static func version(_ text: String) -> (major: Int, minor: Int)? {
        let parts = text.split(whereSeparator: { $0 == "." || $0 == "-" })
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        return (major, minor)
    }

    private static func plain(_ rule: JSON) -> JSON {
        var names = rule["names"].strings
        if let one = rule["name"].string, !one.isEmpty { names.append(one) }
        var result: JSON = ["names": JSON(names), "action": rule["action"]]
        if let args = rule["args"].array, !args.isEmpty { result["args"] = .array(args) }
        if !rule["errnoRet"].isNull { result["errnoRet"] = rule["errnoRet"] }
        return result
    }
}
