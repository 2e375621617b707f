import Fault
import JSON
import Testing

@testable import Engine

@Suite struct SpecTests {
    private func input(_ host: JSON = [:], config: JSON = [:]) throws -> SpecInput {
        var record = ContainerTableTests.record(String(repeating: "ab", count: 32), "web")
        record.hostConfig = try ConfigForm.hostConfig(from: host, options: EngineOptions())
        record.config = try ConfigForm.fill(ConfigForm.config, from: config, called: "ContainerConfig")
        record.config["Hostname"] = "box"
        return SpecInput(record: record, root: "/merged", cgroupsPath: "/hako/ab")
    }

    private func mount(_ spec: JSON, _ destination: String) -> JSON? {
        (spec["mounts"].array ?? []).first { $0["destination"].string == destination }
    }

    @Test("an ordinary container gets Docker's namespaces, mounts, capabilities and filter")
    func ordinary() throws {
        let spec = try input(config: ["Cmd": ["sh"], "Env": ["A=1"]]).specification()
        #expect(
            spec["linux", "namespaces"].array?.compactMap { $0["type"].string }
                == ["mount", "network", "uts", "pid", "ipc", "cgroup"])
        #expect(
            spec["mounts"].array?.compactMap { $0["destination"].string }
                == ["/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"])
        #expect(spec["process", "capabilities", "bounding"].strings.count == 14)
        #expect(spec["linux", "seccomp", "defaultAction"] == "SCMP_ACT_ERRNO")
        #expect(spec["linux", "maskedPaths"].strings.contains("/proc/kcore"))
        #expect(
            spec["process", "env"].strings == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box", "A=1", "HOME=/",
            ])
        #expect(spec["process", "cwd"] == "/" && spec["hostname"] == "box")
        #expect(mount(spec, "/dev/shm")?["options"].strings.contains("size=67108864") == true)
    }

    @Test("a privileged one gets everything")
    func privileged() throws {
        var input = try input(["Privileged": true])
        input.cgroup = .host
        let spec = try input.specification()
        #expect(spec["process", "capabilities", "bounding"].strings.count == Capabilities.names.count)
        #expect(spec["linux", "seccomp"].isNull && spec["linux", "maskedPaths"].strings.isEmpty)
        #expect(mount(spec, "/sys")?["options"].strings.contains("rw") == true)
        #expect(spec["linux", "resources", "devices"].array?.count == 1)
    }

    @Test("capabilities are added and dropped, ALL among them")
    func capabilities() throws {
        func chosen(_ add: [String], _ drop: [String]) throws -> [String] {
            try Capabilities.chosen(add: add, drop: drop, isPrivileged: false, last: 40)
        }
        #expect(try chosen(["net_admin"], ["CAP_CHOWN", "mknod"]).contains("CAP_NET_ADMIN"))
        #expect(try !chosen(["net_admin"], ["CAP_CHOWN", "mknod"]).contains("CAP_CHOWN"))
        #expect(try chosen(["KILL"], ["ALL"]) == ["CAP_KILL"])
        #expect(try chosen(["ALL"], ["SYS_ADMIN"]).count == 40)
        let fault = #expect(throws: Fault.self) { try chosen(["FLY"], []) }
        #expect(fault?.message == "unknown capability: \"CAP_FLY\"")
    }

    @Test("another user has the capabilities in its bounding set only")
    func otherUser() throws {
        var input = try input()
        input.user = ["uid": 1000, "gid": 1000]
        let sets = try input.specification()["process"]["capabilities"]
        #expect(sets["bounding"].strings.count == 14 && sets["effective"].strings.isEmpty)
    }

    @Test("the filter opens for those who hold the capability")
    func seccomp() {
        func names(_ profile: JSON) -> Set<String> {
            Set(
                (profile["syscalls"].array ?? []).filter { $0["action"] == "SCMP_ACT_ALLOW" }.flatMap {
                    $0["names"].strings
                })
        }
        let standard = SeccompProfile.standard(capabilities: Capabilities.standard.map { "CAP_" + $0 })
        let powerful = SeccompProfile.standard(capabilities: ["CAP_SYS_ADMIN"])
        #expect(!names(standard).contains("mount") && names(powerful).contains("mount"))
        #expect(names(standard).contains("chroot"))
        let clone3 = (standard["syscalls"].array ?? []).first { $0["names"].strings == ["clone3"] }
        #expect(clone3?["errnoRet"].int == 38)
    }

    @Test("user mounts come after Docker's own, the shallow before the deep, and replace them at the same path")
    func mountOrder() throws {
        var input = try input(["Tmpfs": ["/a/tmp": "size=1m,exec"]])
        input.mounts = [
            SpecInput.BoundMount(source: "/x", destination: "/a/b/c", isWritable: false, propagation: "rshared"),
            SpecInput.BoundMount(source: "/y", destination: "/a"),
            SpecInput.BoundMount(source: "/z", destination: "/dev/shm"),
        ]
        let spec = try input.specification()
        let order = (spec["mounts"].array ?? []).compactMap { $0["destination"].string }
        #expect(order.suffix(4) == ["/a", "/dev/shm", "/a/tmp", "/a/b/c"])
        #expect(order.filter { $0 == "/dev/shm" }.count == 1)
        #expect(mount(spec, "/a/b/c")?["options"].strings == ["rbind", "ro", "rshared"])
        #expect(mount(spec, "/a/tmp")?["options"].strings == ["nosuid", "nodev", "rprivate", "size=1m", "exec"])
        #expect(spec["linux", "rootfsPropagation"] == "rshared")
    }

    @Test("limits arrive in the runtime's words")
    func limits() throws {
        let resources = try input([
            "Memory": 67_108_864, "NanoCpus": 1_500_000_000, "PidsLimit": 50, "CpuShares": 512, "CpusetCpus": "0",
        ]).specification()["linux"]["resources"]
        #expect(resources["memory"]["limit"].int == 67_108_864 && resources["memory"]["swap"].int == 134_217_728)
        #expect(resources["cpu"]["quota"].int == 150_000 && resources["cpu"]["period"].int == 100_000)
        #expect(resources["pids"]["limit"].int == 50 && resources["cpu"]["shares"].int == 512)
    }

    @Test("a custom profile's conditions are decided before the runtime sees it")
    func customProfile() throws {
        let text = """
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
              {"names":["read"],"action":"SCMP_ACT_ALLOW"},
              {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
              {"names":["ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
              {"names":["old"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["s390x"]}}]}
            """
        let profile = try CustomSeccompProfile.resolve(text, capabilities: ["CAP_KILL"], kernel: (6, 1))
        #expect((profile["syscalls"].array ?? []).flatMap { $0["names"].strings } == ["read", "ptrace"])
        #expect(throws: Fault.self) { try CustomSeccompProfile.resolve("{", capabilities: [], kernel: (6, 1)) }
    }

    @Test("device rules are read, and nonsense refused")
    func deviceRules() throws {
        let rule = try SpecResources.parse(rule: "c 10:* rwm")
        #expect(rule["major"].int == 10 && rule["minor"].isNull && rule["access"] == "rwm")
        for text in ["", "x 1:1 r", "c 1 r", "c 1:1 q", "c 1:1"] {
            #expect(throws: Fault.self) { try SpecResources.parse(rule: text) }
        }
    }

    @Test("an exec has the container's environment with its own on top")
    func exec() throws {
        let record = try input(config: ["Env": ["A=1", "B=2"], "Tty": true, "WorkingDir": "/srv"]).record
        let process = try Engine.execProcess(
            record, ["Cmd": ["ls"], "Env": ["B=3"]], user: UserLookup(uid: 5, gid: 6), size: .null)
        #expect(process["args"].strings == ["ls"] && process["cwd"] == "/srv" && process["terminal"] == false)
        #expect(process["env"].strings.contains("A=1") && process["env"].strings.contains("B=3"))
        #expect(!process["env"].strings.contains("B=2") && process["user"]["uid"].int == 5)
    }
}

@Suite struct HostFilesTests {
    @Test("the host's own loopback resolver is of no use in a container")
    func loopback() {
        let text = HostFiles.resolvConf(host: "nameserver 127.0.0.53\nnameserver 10.0.0.2\nsearch a b\n", config: [:])
        #expect(text == "nameserver 10.0.0.2\nsearch a b\n")
        #expect(ResolvConf("nameserver 127.0.0.53\n").hasOnlyLoopback)
    }

    @Test("in the host's network its loopback resolver stays, and what is asked for still counts")
    func hostNetwork() {
        let host = "nameserver 127.0.0.53\nsearch a\n"
        #expect(HostFiles.resolvConf(host: host, config: [:], inHostNetwork: true) == host)
        #expect(
            HostFiles.resolvConf(host: host, config: ["DnsSearch": ["b"]], inHostNetwork: true)
                == "nameserver 127.0.0.53\nsearch b\n")
    }

    @Test("what the container asks for replaces the host's lines of its kind")
    func asked() {
        let config: JSON = ["Dns": ["9.9.9.9"], "DnsSearch": ["."], "DnsOptions": ["ndots:2"]]
        let text = HostFiles.resolvConf(host: "nameserver 10.0.0.2\nsearch a\noptions edns0\n", config: config)
        #expect(text == "nameserver 9.9.9.9\noptions ndots:2\n")
    }

    @Test("extra hosts are names with addresses, host-gateway among them")
    func extraHosts() {
        let extra = HostFiles.extraHosts(
            ["db:10.0.0.5", "h=host-gateway", "v6:[::1]", "bad", "x:y"], gateway: "172.17.0.1")
        #expect(extra.map(\.name) == ["db", "h", "v6"])
        #expect(extra.map(\.address) == ["10.0.0.5", "172.17.0.1", "::1"])
    }
}
