import CommandLine
import JSON

extension CommandTree {
    static func update() -> DockerCommand {
        let names: Set<String> = [
            "blkio-weight", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "cpus",
            "cpuset-cpus",
            "cpuset-mems", "memory", "memory-reservation", "memory-swap", "pids-limit",
        ]
        return DockerCommand(
            "update", "Update configuration of one or more containers", usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            spellings: ["docker container update", "docker update"], count: .atLeast(1), options: UpdateOptions(),
            flags: Flag<CreateOptions>.creating.filter { names.contains($0.name) }.map(\.forUpdate) + [
                .text("restart", \.created.restart, "When to start the container again after it exits")
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            guard !parsed.given.isEmpty else {
                throw Failure("you must provide one or more flags when using this command")
            }
            let body = try options.body(given: parsed.given)
            var warnings: [String] = []
            let complaints = await updateAll(parsed.arguments, body, session, &warnings)
            for warning in warnings { session.err.line(warning) }
            guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n")) }
            return 0
        }
    }

    private static func updateAll(
        _ names: [String], _ body: JSON, _ session: Session, _ warnings: inout [String]
    ) async -> [String] {
        var complaints: [String] = []
        for name in names {
            do {
                let answer = try await session.client.post(
                    "/containers/\(PercentEncoding.path(name))/update", body: body)
                session.out.line(name)
                warnings += answer["Warnings"].strings
            } catch { complaints.append("\(error)") }
        }
        return complaints
    }
}

struct UpdateOptions: Sendable {
    var created = CreateOptions()

    init() { created.restart = "" }

    /// Every limit, those not given as zero, which leaves them as they are.
    func body(given: Set<String>) throws -> JSON {
        let restart = try CreateValue.restartPolicy(created.restart)
        var body: JSON = [
            "CpuShares": JSON(created.cpuShares), "Memory": .int(created.memory), "NanoCpus": .int(created.nanoCPUs),
            "CgroupParent": "", "BlkioWeight": JSON(created.blkioWeight), "BlkioWeightDevice": nil,
            "BlkioDeviceReadBps": nil,
            "BlkioDeviceWriteBps": nil, "BlkioDeviceReadIOps": nil, "BlkioDeviceWriteIOps": nil,
            "CpuPeriod": JSON(created.cpuPeriod), "CpuQuota": JSON(created.cpuQuota),
            "CpuRealtimePeriod": JSON(created.cpuRealtimePeriod),
            "CpuRealtimeRuntime": JSON(created.cpuRealtimeRuntime),
            "CpusetCpus": .string(created.cpusetCPUs), "CpusetMems": .string(created.cpusetMems), "Devices": nil,
            "DeviceCgroupRules": nil, "DeviceRequests": nil, "MemoryReservation": .int(created.memoryReservation),
            "MemorySwap": .int(created.memorySwap), "MemorySwappiness": nil, "OomKillDisable": nil, "PidsLimit": nil,
            "Ulimits": nil, "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
            "RestartPolicy": ["Name": .string(restart.name), "MaximumRetryCount": JSON(restart.retries)],
        ]
        if given.contains("pids-limit") { body["PidsLimit"] = JSON(created.pidsLimit) }
        return body
    }
}

extension Flag where Options == CreateOptions {
    fileprivate var forUpdate: Flag<UpdateOptions> {
        let set = self.set
        return Flag<UpdateOptions>(name, short: short, value: value, help: help, shownDefault: shownDefault) {
            try set(&$0.created, $1)
        }
    }
}
