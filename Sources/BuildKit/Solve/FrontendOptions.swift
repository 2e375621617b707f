import BuildProtocol
import DockerModel
import Fault
import JSON
import OCI

/// What a client says to the Dockerfile frontend, by the keys that its documentation and BuildKit's own clients use.
/// Pure.
struct FrontendOptions: Sendable {
    var request = BuildRequest()
    /// Empty: this machine's, unasked.
    var platforms: [Platform] = []
    /// The result is a list of platforms even when it is one.
    var isMultiPlatform = false
    /// An address instead of the client's folder.
    var remote: String?
    var contextName = "context"
    var dockerfileName = "dockerfile"
    /// The Dockerfile is the client's, although the context is at an address.
    var takesLocalDockerfile = false
    /// By name: `local:NAME`, `docker-image://REFERENCE` or an address.
    var named: [String: String] = [:]
    var cacheImports: [CacheOption] = []
    /// `frontend.lint`, `frontend.outline`, …: an answer about the Dockerfile instead of a build.
    var question: String?

    init(_ attributes: [String: String]) throws(Fault) {
        var host: JSON = [:]
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
            if let name = Self.rest(key, "build-arg:") {
                request.arguments[name] = value
            } else if let name = Self.rest(key, "label:") {
                request.labels[name] = value
            } else if let name = Self.rest(key, "context:") {
                named[name.lowercased()] = value
            } else {
                try set(key, value, &host)
            }
        }
        request.host = host
        isMultiPlatform = isMultiPlatform || platforms.count > 1
    }

    private static func rest(_ key: String, _ prefix: String) -> String? {
        key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : nil
    }

    private mutating func set(_ key: String, _ value: String, _ host: inout JSON) throws(Fault) {
        switch key {
        case "filename": request.dockerfile = value
        case "target": request.target = value
        case "platform":
            for text in value.split(separator: ",") { platforms.append(try Platform(parsing: String(text))) }
        case "multi-platform": isMultiPlatform = try Self.flag(key, value)
        case "no-cache":
            if value.isEmpty { request.usesCache = false } else { request.uncachedStages = Self.list(value) }
        case "image-resolve-mode": request.pulls = value == "pull"
        case "force-network-mode": host["NetworkMode"] = .string(value)
        case "add-hosts": host["ExtraHosts"] = JSON(Self.list(value).map { Self.host($0) })
        case "shm-size": host["ShmSize"] = .int(try Self.number(key, value))
        case "ulimit": host["Ulimits"] = .array(try Self.limits(value))
        case "cgroup-parent": host["CgroupParent"] = .string(value)
        case "memory": host["Memory"] = .int(try Self.number(key, value))
        case "memswap": host["MemorySwap"] = .int(try Self.number(key, value))
        case "cpushares": host["CpuShares"] = .int(try Self.number(key, value))
        case "cpuperiod": host["CpuPeriod"] = .int(try Self.number(key, value))
        case "cpuquota": host["CpuQuota"] = .int(try Self.number(key, value))
        case "cpusetcpus": host["CpusetCpus"] = .string(value)
        case "cpusetmems": host["CpusetMems"] = .string(value)
        case "context": remote = value.isEmpty ? nil : value
        case "contextkey": contextName = value
        case "dockerfilekey":
            dockerfileName = value
            takesLocalDockerfile = true
        case "requestid": question = value
        case "cache-imports": cacheImports += try CacheOption.list(value)
        case "cache-from":
            cacheImports += Self.list(value).map { CacheOption(type: "registry", attributes: ["ref": $0]) }
        default: return
        }
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
    }

    /// `name=address` as HostConfig spells it.
    private static func host(_ text: String) -> String {
        guard let equals = text.firstIndex(of: "=") else { return text }
        return text[..<equals] + ":" + text[text.index(after: equals)...]
    }

    private static func flag(_ key: String, _ value: String) throws(Fault) -> Bool {
        switch value {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw Fault(.invalid, "invalid boolean value for \(key): \(value)")
        }
    }

    private static func number(_ key: String, _ value: String) throws(Fault) -> Int64 {
        guard let number = Int64(value) else { throw Fault(.invalid, "failed to parse \(key): \(value) is no number") }
        return number
    }

    /// `nofile=1024:2048,…`.
    private static func limits(_ text: String) throws(Fault) -> [JSON] {
        var limits: [JSON] = []
        for part in list(text) {
            let sides = part.split(separator: "=", maxSplits: 1)
            let numbers = sides.last?.split(separator: ":").compactMap { Int64($0) } ?? []
            guard sides.count == 2, let soft = numbers.first, let hard = numbers.last else {
                throw Fault(.invalid, "failed to parse ulimit: \(part)")
            }
            limits.append(["Name": .string(String(sides[0])), "Soft": .int(soft), "Hard": .int(hard)])
        }
        return limits
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
