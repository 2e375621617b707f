import JSON
import Testing

@testable import Engine

@Suite("What the kernel can't limit") struct KernelLimitsTests {
    private func reduced(_ host: JSON, missing: Set<KernelLimits.Limit>) -> (JSON, [String]) {
        var host = host
        let warnings = KernelLimits(missing: missing).reduce(&host)
        return (host, warnings)
    }

    @Test("a memory limit without swap accounting limits memory alone, and says so")
    func swap() {
        let (host, warnings) = reduced(["Memory": 10_485_760, "MemorySwap": 20_971_520], missing: [.swap])
        #expect(
            warnings == [
                "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
            ])
        #expect(host["Memory"].int == 10_485_760 && host["MemorySwap"].int == -1)
        #expect(reduced(["Memory": 10_485_760, "MemorySwap": -1], missing: [.swap]).1.isEmpty, "nothing was asked for")
        #expect(reduced(["Memory": 0, "MemorySwap": 0], missing: [.swap]).1.isEmpty)
    }

    @Test("without a memory controller there is no limit at all")
    func memory() {
        let (host, warnings) = reduced(["Memory": 10_485_760], missing: [.memory, .swap])
        #expect(warnings.count == 1 && warnings[0].contains("memory limit capabilities"), "\(warnings)")
        #expect(host["Memory"].int == 0)
        #expect(SpecResources.limits(host)["memory"].isNull, "and nothing is written for it")
    }

    @Test(
        "each other limit is discarded with dockerd's sentence",
        arguments: [
            ("BlkioWeight", 300, 0, .weight, "Block I/O weight or the cgroup is not mounted. Weight discarded."),
            (
                "PidsLimit", 10, .null, .pids,
                "PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded."
            ),
            ("CpuShares", 2, 0, .shares, "CPU shares or the cgroup is not mounted. Shares discarded."),
            ("CpuQuota", 5_000, 0, .quota, "CPU CFS scheduler. CPU period/quota discarded."),
            ("CpusetCpus", "0", "", .cpuset, "cpuset or the cgroup is not mounted. Cpuset discarded."),
            ("OomKillDisable", true, .null, .oomKillDisable, "OomKillDisable. OomKillDisable discarded."),
            (
                "MemorySwappiness", 5, .null, .swappiness,
                "memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded."
            ),
            (
                "BlkioDeviceReadBps", [["Path": "/dev/x", "Rate": 1]], [], .readBytes,
                "BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded."
            ),
        ] as [(String, JSON, JSON, KernelLimits.Limit, String)])
    func discarded(_ member: String, _ value: JSON, _ rest: JSON, _ limit: KernelLimits.Limit, _ words: String) {
        let (host, warnings) = reduced([member: value], missing: [limit])
        #expect(warnings == ["Your kernel does not support \(words)"])
        #expect(host[member] == rest)
        #expect(reduced([member: value], missing: []).1.isEmpty)
        #expect(reduced([:], missing: [limit]).1.isEmpty, "nobody asked for it")
    }
}
