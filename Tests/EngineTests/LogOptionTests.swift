import Fault
import JSON
import Testing

@testable import Engine

@Suite struct LogOptionTests {
    @Test("sizes count in thousands, with or without a fraction and a b")
    func sizes() {
        for (text, bytes) in [
            ("10k", 10_000), ("1.5m", 1_500_000), ("2GB", 2_000_000_000), ("7", 7), ("3 mib", 3_000_000),
        ] {
            #expect(LogSize.parse(text) == Int64(bytes), "\(text)")
        }
        for text in ["", "k", "-1", "1x", "1kk", "99999999999p"] { #expect(LogSize.parse(text) == nil, "\(text)") }
    }

    @Test("rotation takes what is asked for and refuses the rest in Docker's words")
    func rotation() throws {
        let asked = try LogOptionChecks.rotation(
            ["max-size": "10k", "max-file": "3", "compress": "1"], isLocal: false)
        #expect(asked == LogRotation(size: 10_000, files: 3, compresses: true))
        #expect(try LogOptionChecks.rotation([:], isLocal: false) == LogRotation(size: nil, files: 1))
        #expect(
            try LogOptionChecks.rotation([:], isLocal: true) == LogRotation(size: 20 << 20, files: 5, compresses: true))
        #expect(try !LogOptionChecks.rotation(["compress": "false", "max-file": "1"], isLocal: true).compresses)
        #expect(throws: Fault.self) { try LogOptionChecks.rotation(["max-file": "1"], isLocal: true) }
        for (options, message) in [
            (["max-size": "x"], "invalid size: 'x'"),
            (["max-file": "x"], "strconv.Atoi: parsing \"x\": invalid syntax"),
            (["max-file": "0"], "max-file cannot be less than 1"),
            (["max-size": "0"], "max-size must be a positive number"),
            (["compress": "true"], "compress cannot be true when max-file is less than 2 or max-size is not set"),
            (["compress": "maybe"], "strconv.ParseBool: parsing \"maybe\": invalid syntax"),
        ] {
            let fault = #expect(throws: Fault.self) { try LogOptionChecks.rotation(options, isLocal: false) }
            #expect(
                fault?.message == "failed to create task for container: failed to initialize logging driver: " + message
            )
        }
    }

    @Test("a container waits for its log unless it is not to be blocked; sizes of buffers count in 1024s")
    func buffers() {
        #expect(LogOptionChecks.bufferSize([:]) == nil)
        #expect(LogOptionChecks.bufferSize(["mode": "blocking"]) == nil)
        #expect(LogOptionChecks.bufferSize(["mode": "non-blocking"]) == 1_000_000)
        #expect(LogOptionChecks.bufferSize(["mode": "non-blocking", "max-buffer-size": "4k"]) == 4096)
    }

    @Test("details show the labels, variables and tag that the options choose, by name or by pattern")
    func details() {
        var record = ContainerTableTests.record("0123456789abcdef", "web")
        record.config = ["Labels": ["a": "b c", "app.x": "1", "no": "2"], "Env": ["E=f", "APP_Y=3", "BARE"]]
        record.hostConfig = [
            "LogConfig": [
                "Config": [
                    "labels": "a,missing", "labels-regex": "^app", "env": "E", "env-regex": "^APP_",
                    "tag": "{{.Name}}/{{.ID}}",
                ]
            ]
        ]
        #expect(
            String(decoding: LogDetails(record).text, as: UTF8.self)
                == "APP_Y=3,E=f,a=b+c,app.x=1,tag=web%2F0123456789ab ")
        #expect(LogDetails.tag("{{.Nope}}", record) == nil)
    }

    @Test("a host name with dots is known by its first part, too")
    func hostNames() {
        #expect(HostFiles.names("web", domain: "") == "web")
        #expect(HostFiles.names("web", domain: "example.com") == "web.example.com web")
        #expect(HostFiles.names("web.example", domain: "com") == "web.example.com web")
    }
}
