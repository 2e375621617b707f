import CommandLine
import ContainerNetwork
import Engine
import Fault
import Glibc
import JSON
import Linux
import Registry
import Testing
import Wire

@testable import hako

@Suite("The daemon's options")
struct DaemonOptionsTests {
    private func options(_ arguments: [String], file: String? = nil) throws -> (DaemonOptions, ignored: [String]) {
        var options = DaemonOptions()
        var arguments = arguments
        var path: String?
        if let file {
            let made = "/tmp/hako-daemon-\(getpid())-\(UInt32.random(in: 0 ... .max)).json"
            try KernelFile.replace(made, Array(file.utf8))
            arguments += ["--config-file", made]
            path = made
        }
        defer { if let path { unlink(path) } }
        let parsed = try FlagParser(DaemonSetting.all.map(\.flag), interspersed: true).parse(arguments, into: &options)
        let ignored = try DaemonFile.apply(to: &options, given: parsed.given)
        try options.check()
        return (options, ignored)
    }

    private func refusal(_ arguments: [String], file: String? = nil) -> String {
        do {
            _ = try options(arguments, file: file)
            return ""
        } catch { return "\(error)" }
    }

    @Test("proxies stand together in daemon.json, and win over the environment")
    func proxies() throws {
        let (flags, _) = try options([
            "--http-proxy", "http://p:1", "--https-proxy", "http://ann:secret@p:2", "--no-proxy", "a,b",
        ])
        let (file, ignored) = try options(
            [],
            file: """
                {"proxies": {"http-proxy": "http://p:1", "https-proxy": "http://ann:secret@p:2", "no-proxy": "a,b"}}
                """)
        #expect(ignored.isEmpty)
        for options in [flags, file] {
            let rules = options.engine.registry.proxies
            #expect(rules == ProxyRules(http: "http://p:1", https: "http://ann:secret@p:2", except: "a,b"))
            #expect(ProxyRules.masked(rules.https) == "http://xxxxx:xxxxx@p:2")
        }
        #expect(
            refusal(["--http-proxy", "http://p"], file: #"{"proxies": {"http-proxy": "http://q"}}"#).contains(
                "specified both as a flag and in the configuration file"))
        #expect(refusal([], file: #"{"proxies": {"ftp-proxy": "x"}}"#).contains("proxies.ftp-proxy"))
    }

    @Test("flags and daemon.json say the same things")
    func sameMeaning() throws {
        let (flags, _) = try options([
            "--data-root", "/d", "-H", "tcp://0.0.0.0:1", "-H", "unix:///s", "--label", "a=b", "--log-opt",
            "max-size=1m", "-D",
            "--default-ulimit", "nofile=1:2", "--registry-mirror", "http://m",
        ])
        let (file, _) = try options(
            [],
            file: """
                {"data-root": "/d", "hosts": ["tcp://0.0.0.0:1", "unix:///s"], "labels": ["a=b"], "log-opts": {"max-size": "1m"},
                 "debug": true, "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1, "Hard": 2}}, "registry-mirrors": ["http://m"]}
                """)
        for options in [flags, file] {
            #expect(options.engine.dataRoot == "/d")
            #expect(options.listensOn == ["tcp://0.0.0.0:1", "unix:///s"])
            #expect(options.engine.labels == ["a=b"])
            #expect(options.engine.logOptions == ["max-size": "1m"])
            #expect(options.engine.ulimits == [["Name": "nofile", "Soft": 1, "Hard": 2]])
            #expect(options.engine.registry.mirrors == ["http://m"])
            #expect(options.isVerbose)
        }
    }

    @Test("an option in both places is refused in dockerd's words")
    func conflict() {
        let message = refusal(["-H", "unix:///a", "--debug"], file: #"{"hosts": ["unix:///b"], "debug": false}"#)
        #expect(
            message.hasSuffix(
                "the following directives are specified both as a flag and in the configuration file: "
                    + "hosts: (from flag: [unix:///a], from file: [unix:///b]), debug: (from flag: true, from file: false)"
            ))
    }

    @Test("unknown keys are named, those that change nothing are passed over")
    func keys() throws {
        #expect(
            refusal([], file: #"{"debugg": true, "x": 1}"#).hasSuffix(
                "the following directives don't match any configuration option: debugg, x"))
        #expect(try options([], file: #"{"storage-driver": "overlay2"}"#).ignored == ["storage-driver"])
        #expect(refusal([], file: #"{"debug": "yes"}"#).hasSuffix("debug: expected true or false"))
        #expect(!refusal([], file: "[]").isEmpty)
        #expect(!refusal([], file: "{").isEmpty)
        #expect(!refusal(["--config-file", "/nowhere/daemon.json"]).isEmpty)
    }

    @Test("what is said of the default bridge reaches the network; nonsense is refused")
    func bridge() throws {
        let file = #"{"icc": false, "ipv6": true, "fixed-cidr-v6": "fd00:7::/64", "mtu": 1400, "ip": "127.0.0.1"}"#
        let options = try options(["--fixed-cidr", "172.17.1.0/24"], file: file).0.engine.bridge
        #expect(!options.containersTalk && options.hasIPv6)
        #expect(options.subnet6 == "fd00:7::/64" && options.range == "172.17.1.0/24")
        #expect(options.mtu == 1400 && options.hostAddress == "127.0.0.1")
        #expect(!refusal(["--mtu", "20"]).isEmpty)
        #expect(!refusal(["--ip", "nowhere"]).isEmpty)
    }

    @Test("every setting with a key can be shown when it conflicts")
    func everyConflict() {
        for setting in DaemonSetting.all {
            guard let key = setting.key else { continue }
            let argument = "--\(setting.flag.name)" + (setting.shape == .toggle ? "" : "=7")
            let value = setting.shape == .toggle ? "true" : setting.shape == .int ? "7" : "\"7\""
            let message = refusal([argument], file: "{\"\(key)\": \(value)}")
            #expect(message.contains("\(key): (from flag: "), "\(key): \(message)")
            #expect(!message.contains("(from flag: ,"), "\(key) shows no value")
        }
    }

    @Test(
        "hosts",
        arguments: [
            ("unix:///a/b", Endpoint.unix(path: "/a/b")), ("tcp://1.2.3.4:5", .tcp(host: "1.2.3.4", port: 5)),
            ("tcp://1.2.3.4", .tcp(host: "1.2.3.4", port: 2375)), ("tcp://[::1]:7", .tcp(host: "::1", port: 7)),
            ("tcp://:9", .tcp(host: "127.0.0.1", port: 9)),
        ])
    func hosts(_ text: String, _ endpoint: Endpoint) throws {
        #expect(try DaemonOptions.endpoint(text, hasTLS: false) == endpoint)
    }

    @Test(
        "hosts that can't be",
        arguments: [
            "fd://", "unix://relative", "tcp://a:b", "tcp://", "npipe:////./pipe", "tcp://[::1", "tcp://a:70000",
        ])
    func badHosts(_ text: String) {
        #expect(throws: Fault.self) { try DaemonOptions.endpoint(text, hasTLS: false) }
    }

    @Test("another exec root makes names of its own, the standard one the well-known names")
    func sideBySide() throws {
        let standard = try options([]).0.engine
        #expect(standard.bridgeName == "hako0")
        #expect(standard.networkTable == "hakobune")
        let one = try options(["--exec-root", "/run/one"]).0, two = try options(["--exec-root", "/run/two"]).0
        #expect(one.engine.bridgeName != two.engine.bridgeName)
        #expect(one.engine.networkTable != two.engine.networkTable)
        #expect(one.engine.bridgeName.utf8.count <= 15)
        #expect(one.listensOn == ["unix:///run/one/docker.sock"])
        #expect(try options(["--exec-root", "/run/one", "--bridge", "br9"]).0.engine.bridgeName == "br9")
    }

    @Test(
        "settings that can't be",
        arguments: [
            ["--label", "nonsense"], ["--log-level", "loud"], ["--data-root", "relative"],
            ["--bridge", "a-name-that-is-too-long"],
            ["--default-ulimit", "nofile"], ["--default-ulimit", "nofile=a"], ["--default-shm-size", "much"],
            ["--nonsense"],
        ])
    func badSettings(_ arguments: [String]) {
        #expect(!refusal(arguments).isEmpty)
    }

    @Test("address pools: flag and file, in order, nonsense refused; the bridge takes the first when it has no address")
    func addressPools() throws {
        let file =
            #"{"default-address-pools": [{"base": "10.9.0.0/16", "size": 24}, {"base": "10.8.0.0/16", "size": 26}]}"#
        let flags = [
            "--default-address-pool", "base=10.9.0.0/16,size=24", "--default-address-pool", "size=26,base=10.8.0.0/16",
        ]
        for options in [try options(flags).0, try options([], file: file).0] {
            #expect(
                options.engine.addressPools.map { "\($0.base) \($0.size)" } == ["10.8.0.0/16 26", "10.9.0.0/16 24"])
            #expect(options.engine.bip == "10.8.0.1/26")
        }
        #expect(try options(flags + ["--bip", "10.1.0.1/16"]).0.engine.bip == "10.1.0.1/16")
        #expect(try options([]).0.engine.bip == "172.17.0.1/16")
        for (pool, message) in [
            ("10.0.0.0/8", "invalid field '10.0.0.0/8' must be a key=value pair"),
            ("base=x,size=24", "invalid base prefix \"x\""), ("base=10.0.0.0/8,size=x", "invalid size value"),
            ("foo=1", "unexpected key 'foo' in 'foo=1'"), ("base=10.0.0.0/8", "is not in canonical form"),
            ("base=10.0.0.0/24,size=16", "has a smaller prefix (/24) than the target size of that pool (/16)"),
        ] {
            #expect(refusal(["--default-address-pool", pool]).contains(message), "\(pool)")
        }
        #expect(refusal([], file: #"{"default-address-pools": ["10.0.0.0/8"]}"#).contains("expected a list of objects"))
    }
}
