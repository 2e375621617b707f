import Compose
import JSON

/// What a container may use.
struct ResourceSettings {
    let service: Service

    private var own: JSON { service.json }

    func json() -> JSON {
        var host: JSON = [:]
        func bytes(_ value: JSON) -> Int64 { value.string.flatMap { Int64($0) } ?? 0 }
        func set(_ key: String, _ value: Int64) { if value != 0 { host[key] = .int(value) } }
        let limits = own["deploy", "resources", "limits"], reserved = own["deploy", "resources", "reservations"]
        set("Memory", bytes(limits["memory"]) != 0 ? bytes(limits["memory"]) : bytes(own["mem_limit"]))
        set("MemorySwap", bytes(own["memswap_limit"]))
        set(
            "MemoryReservation",
            bytes(reserved["memory"]) != 0 ? bytes(reserved["memory"]) : bytes(own["mem_reservation"]))
        if own["mem_swappiness"].string != nil { host["MemorySwappiness"] = .int(bytes(own["mem_swappiness"])) }
        set("NanoCpus", Int64(((limits["cpus"].double ?? own["cpus"].double ?? 0) * 1e9).rounded()))
        for (key, from) in [
            ("CpuCount", "cpu_count"), ("CpuPeriod", "cpu_period"), ("CpuQuota", "cpu_quota"),
            ("CpuRealtimePeriod", "cpu_rt_period"), ("CpuRealtimeRuntime", "cpu_rt_runtime"),
            ("CpuShares", "cpu_shares"),
        ] { set(key, Int64(own[from].int ?? 0)) }
        set("CpuPercent", Int64((own["cpu_percent"].double ?? 0) * 100))
        if let cpus = own["cpuset"].string { host["CpusetCpus"] = .string(cpus) }
        if let parent = own["cgroup_parent"].string { host["CgroupParent"] = .string(parent) }
        if own["oom_kill_disable"].bool == true { host["OomKillDisable"] = true }
        let processes = limits["pids"].int ?? own["pids_limit"].int ?? 0
        set("PidsLimit", Int64(processes))
        if !own["device_cgroup_rules"].isNull { host["DeviceCgroupRules"] = own["device_cgroup_rules"] }
        devices(&host, reserved)
        blockIO(&host)
        ulimits(&host)
        return host
    }

    private func devices(_ host: inout JSON, _ reserved: JSON) {
        var devices: [JSON] = []
        var requests: [JSON] = []
        for device in own["devices"].array ?? [] {
            let (source, target) = (device["source"].string ?? "", device["target"].string ?? "")
            if source == target, source.contains("="), source.contains("/"), !source.hasPrefix("/") {
                requests.append(["Driver": "cdi", "DeviceIDs": [.string(source)]])
                continue
            }
            devices.append([
                "PathOnHost": .string(source), "PathInContainer": .string(target),
                "CgroupPermissions": .string(device["permissions"].string ?? "rwm"),
            ])
        }
        func request(_ device: JSON, _ capabilities: [String]) -> JSON {
            [
                "Driver": .string(device["driver"].string ?? ""), "Count": .int(Int64(device["count"].int ?? 0)),
                "DeviceIDs": device["device_ids"], "Capabilities": [JSON(capabilities)], "Options": device["options"],
            ]
        }
        for gpu in own["gpus"].array ?? [] { requests.append(request(gpu, gpu["capabilities"].strings + ["gpu"])) }
        for device in reserved["devices"].array ?? [] {
            requests.append(request(device, device["capabilities"].strings))
        }
        if !devices.isEmpty { host["Devices"] = .array(devices) }
        if !requests.isEmpty { host["DeviceRequests"] = .array(requests) }
    }

    private func blockIO(_ host: inout JSON) {
        let config = own["blkio_config"]
        guard config.object != nil else { return }
        if let weight = config["weight"].int { host["BlkioWeight"] = .int(Int64(weight)) }
        func list(_ key: String, _ from: String, _ value: (JSON) -> (String, JSON)) {
            let all = (config[from].array ?? []).map { device -> JSON in
                let (name, number) = value(device)
                return ["Path": device["path"], name: number]
            }
            if !all.isEmpty { host[key] = .array(all) }
        }
        list("BlkioWeightDevice", "weight_device") { ("Weight", $0["weight"]) }
        for (key, from) in [
            ("BlkioDeviceReadBps", "device_read_bps"), ("BlkioDeviceReadIOps", "device_read_iops"),
            ("BlkioDeviceWriteBps", "device_write_bps"), ("BlkioDeviceWriteIOps", "device_write_iops"),
        ] { list(key, from) { ("Rate", .int($0["rate"].string.flatMap { Int64($0) } ?? 0)) } }
    }

    private func ulimits(_ host: inout JSON) {
        let limits = (own["ulimits"].object ?? JSONObject()).map { name, value -> JSON in
            let single = value.int ?? value["single"].int ?? 0
            return [
                "Name": .string(name), "Hard": .int(Int64(value["hard"].int ?? single)),
                "Soft": .int(Int64(value["soft"].int ?? single)),
            ]
        }
        if !limits.isEmpty { host["Ulimits"] = .array(limits) }
    }
}
