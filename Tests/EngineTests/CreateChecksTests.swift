import Fault
import JSON
import Testing

@testable import Engine

@Suite struct CreateChecksTests {
    private func refusal(host: JSON = [:], config: JSON = [:]) throws -> String? {
        let form = try ConfigForm.hostConfig(from: host, options: EngineOptions())
        do { try CreateChecks.check(config: config, host: form, processors: 2) } catch { return error.message }
        return nil
    }

    @Test("an empty request is fine")
    func empty() throws { #expect(try refusal() == nil) }

    @Test(
        "impossible limits are refused in Docker's words",
        arguments: [
            (["Memory": 1_048_576], "Minimum memory limit allowed is 6MB"),
            (
                ["MemorySwap": 10_485_760],
                "You should always set the Memory limit when using Memoryswap limit, see usage"
            ),
            (
                ["Memory": 20_971_520, "MemorySwap": 10_485_760],
                "Minimum memoryswap limit should be larger than memory limit, see usage"
            ),
            (["NanoCpus": 3_000_000_000], "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
            (
                ["NanoCpus": 1_000_000_000, "CpuQuota": 5_000],
                "Conflicting options: Nano CPUs and CPU Quota cannot both be set"
            ),
            (["CpusetCpus": "0-7"], "Requested CPUs are not available - requested 0-7, available: 0-1"),
            (["CpusetCpus": "a"], "Invalid value a for cpuset cpus: invalid format: a"),
            (["CpusetMems": "99"], "Requested memory nodes are not available - requested 99, available: 0"),
            (["OomScoreAdj": 2_000], "Invalid value 2000, range for oom score adj is [-1000, 1000]"),
            (["BlkioWeight": 5], "Range of blkio weight is from 10 to 1000"),
            (
                ["RestartPolicy": ["Name": "sometimes"]],
                "invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
            ),
            (
                ["AutoRemove": true, "RestartPolicy": ["Name": "always"]],
                "can't create 'AutoRemove' container with restart policy"
            ),
            (["Isolation": "hyperv"], "invalid isolation (hyperv): linux only supports 'default'"),
            (
                ["StorageOpt": ["size": "1G"]],
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
            ),
            (["CapAdd": ["fly"]], "invalid CapAdd: unknown capability: \"CAP_FLY\""),
            (["CapDrop": "CAP_SWIM"], "invalid CapDrop: unknown capability: \"CAP_SWIM\""),
            (
                ["SecurityOpt": ["no-new-privileges=perhaps"]],
                "invalid --security-opt 2: \"no-new-privileges=perhaps\""
            ),
            (["SecurityOpt": ["odd"]], "invalid --security-opt 1: \"odd\""),
            (["IpcMode": "other"], "invalid IPC mode: other"),
            (
                ["LogConfig": ["Type": "json-file", "Config": ["nope": "1"]]],
                "unknown log opt 'nope' for json-file log driver"
            ),
            (
                ["LogConfig": ["Type": "local", "Config": ["labels": "1"]]],
                "unknown log opt 'labels' for log driver local"
            ),
            (["LogConfig": ["Config": ["mode": "odd"]]], "logger: logging mode not supported: odd"),
            (
                ["LogConfig": ["Config": ["max-buffer-size": "1m"]]],
                "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
            ),
            (["LogConfig": ["Type": "syslog"]], "logger: no log driver named 'syslog' is registered"),
        ] as [(JSON, String)])
    func refused(_ host: JSON, _ message: String) throws { #expect(try refusal(host: host) == message) }

    @Test("a GPU is refused clearly")
    func devices() throws {
        let host: JSON = ["DeviceRequests": [["Driver": "", "Count": -1, "Capabilities": [["gpu"]]]]]
        #expect(try refusal(host: host) == "could not select device driver \"\" with capabilities: [[gpu]]")
    }

    @Test("memory without swap limit gets as much swap again")
    func swap() throws {
        let host = try ConfigForm.hostConfig(from: ["Memory": 10_485_760], options: EngineOptions())
        #expect(host["MemorySwap"].int == 20_971_520)
    }

    @Test("a member of the wrong type is refused, an unknown one dropped")
    func types() throws {
        #expect(throws: Fault.self) { try ConfigForm.hostConfig(from: ["Memory": "1g"], options: EngineOptions()) }
        let host = try ConfigForm.hostConfig(from: ["Nonsense": 1], options: EngineOptions())
        #expect(host["Nonsense"].isNull)
    }

    @Test(
        "signals have names and numbers",
        arguments: [
            ("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("QUIT", 3),
        ] as [(String, Int32)])
    func signals(_ text: String, _ number: Int32) { #expect(Signal.number(text) == number) }

    @Test("what is no signal is none", arguments: ["", "SIGFOO", "0", "65", "-1", "RTMIN+31"])
    func noSignal(_ text: String) { #expect(Signal.number(text) == nil) }

    @Test("as with dockerd, a stop signal may be any number, and exposed ports any text until they are published")
    func uncheckedValues() throws {
        for signal in ["99", "-1", "RTMIN+3", ""] {
            #expect(try refusal(config: ["StopSignal": .string(signal)]) == nil)
        }
        for signal in ["0", "SIGFOO"] {
            #expect(try refusal(config: ["StopSignal": .string(signal)]) == "invalid signal: \(signal)")
        }
        #expect(try refusal(config: ["ExposedPorts": ["80/foo": [:]]]) == nil)
        #expect(try refusal(host: ["PortBindings": ["80/foo": []]]) != nil)
    }
}
