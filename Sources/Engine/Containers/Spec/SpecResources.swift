import Fault
import JSON

/// HostConfig's limits as the runtime-spec's `linux.resources`.
enum SpecResources {
    /// Without the device rules: also what `docker update` hands to a running container.
    static func limits(_ host: JSON) -> JSON {
        var result: JSON = [:]
        let memory = memory(host), processor = processor(host), blocks = blocks(host)
        if memory.object?.isEmpty == false { result["memory"] = memory }
        if processor.object?.isEmpty == false { result["cpu"] = processor }
        if blocks.object?.isEmpty == false { result["blockIO"] = blocks }
        if let pids = host["PidsLimit"].int, pids != 0 { result["pids"] = ["limit": JSON(pids)] }
        return result
    }

    /// For a running container: here a limit that was lifted has to be said.
    static func update(_ host: JSON) -> JSON {
        var result = limits(host)
        if host["PidsLimit"].int == 0 { result["pids"] = ["limit": -1] }
        return result
    }

    private static func memory(_ host: JSON) -> JSON {
        var result: JSON = [:]
        func copy(_ member: String, _ name: String) {
            if let value = host[member].int, value != 0 { result[name] = JSON(value) }
        }
        copy("Memory", "limit")
        copy("MemoryReservation", "reservation")
        // Without a limit of memory there is none of both together.
        if host["Memory"].int ?? 0 != 0 { copy("MemorySwap", "swap") }
        if let swappiness = host["MemorySwappiness"].int, swappiness >= 0 { result["swappiness"] = JSON(swappiness) }
        if host["OomKillDisable"].bool == true { result["disableOOMKiller"] = true }
        return result
    }

    private static func processor(_ host: JSON) -> JSON {
        var result: JSON = [:]
        if let shares = host["CpuShares"].int, shares > 0 { result["shares"] = JSON(shares) }
        if let nano = host["NanoCpus"].int, nano > 0 {
            // 100 ms, the kernel's default period.
            result["period"] = 100_000
            result["quota"] = JSON(nano / 10_000)
        }
        if let period = host["CpuPeriod"].int, period != 0 { result["period"] = JSON(period) }
        if let quota = host["CpuQuota"].int, quota != 0 { result["quota"] = JSON(quota) }
        if let period = host["CpuRealtimePeriod"].int, period != 0 { result["realtimePeriod"] = JSON(period) }
        if let runtime = host["CpuRealtimeRuntime"].int, runtime != 0 { result["realtimeRuntime"] = JSON(runtime) }
        if let cpus = host["CpusetCpus"].string, !cpus.isEmpty { result["cpus"] = .string(cpus) }
        if let nodes = host["CpusetMems"].string, !nodes.isEmpty { result["mems"] = .string(nodes) }
        return result
    }

    private static func blocks(_ host: JSON) -> JSON {
        var result: JSON = [:]
        if let weight = host["BlkioWeight"].int, weight != 0 { result["weight"] = JSON(weight) }
        let throttles = [
            ("BlkioDeviceReadBps", "throttleReadBpsDevice"), ("BlkioDeviceWriteBps", "throttleWriteBpsDevice"),
            ("BlkioDeviceReadIOps", "throttleReadIOPSDevice"), ("BlkioDeviceWriteIOps", "throttleWriteIOPSDevice"),
        ]
        for (member, name) in throttles {
            let list = (host[member].array ?? []).compactMap {
                device(
                    $0, "Rate", "rate")
            }
            if !list.isEmpty { result[name] = .array(list) }
        }
        let weights = (host["BlkioWeightDevice"].array ?? []).compactMap { device($0, "Weight", "weight") }
        if !weights.isEmpty { result["weightDevice"] = .array(weights) }
        return result
    }

    /// `Major` and `Minor` were put in when the path was looked up at start.
    private static func device(_ entry: JSON, _ member: String, _ name: String) -> JSON? {
        guard let major = entry["Major"].int, let minor = entry["Minor"].int, let value = entry[member].int else {
            return nil
        }
        return ["major": JSON(major), "minor": JSON(minor), name: JSON(value)]
    }

    // MARK: devices

    /// Nodes that every container has, and that making nodes is allowed while opening them is not.
    static let standardRules: [JSON] = [
        rule(false, nil, nil, nil, "rwm"), rule(true, "c", nil, nil, "m"), rule(true, "b", nil, nil, "m"),
        rule(true, "c", 1, 3, "rwm"), rule(true, "c", 1, 5, "rwm"), rule(true, "c", 1, 7, "rwm"),
        rule(true, "c", 1, 8, "rwm"), rule(true, "c", 1, 9, "rwm"), rule(true, "c", 5, 0, "rwm"),
        rule(true, "c", 5, 1, "rwm"), rule(true, "c", 5, 2, "rwm"), rule(true, "c", 136, nil, "rwm"),
    ]

    static func rule(_ allow: Bool, _ kind: String?, _ major: Int?, _ minor: Int?, _ access: String) -> JSON {
        var result: JSON = ["allow": .bool(allow), "access": .string(access)]
        if let kind { result["type"] = .string(kind) }
        if let major { result["major"] = JSON(major) }
        if let minor { result["minor"] = JSON(minor) }
        return result
    }

    /// `c 10:* rwm` of `--device-cgroup-rule`. Throws Docker's words for others.
    static func parse(rule text: String) throws(Fault) -> JSON {
        let fault = Fault(.invalid, "invalid device cgroup rule format: '\(text)'")
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]),
            parts[2].allSatisfy({ "rwm".contains($0) }), !parts[2].isEmpty
        else { throw fault }
        let numbers = parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard numbers.count == 2, numbers.allSatisfy({ $0 == "*" || Int($0) != nil }) else { throw fault }
        return rule(true, parts[0], Int(numbers[0]), Int(numbers[1]), parts[2])
    }
}
