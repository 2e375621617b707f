import JSON
import KubeModel
import Testing

@testable import Kubelet

@Suite("pods in the engine's words")
struct TranslationTests {
    private let settings = KubeletSettings(nodeName: "n1", addresses: ["192.168.49.2"])

    private func pod(_ spec: JSON, name: String = "web") -> PodSpec {
        PodSpec(["metadata": ["name": .string(name), "namespace": "default", "uid": "u1"], "spec": spec])
    }

    // MARK: Resources

    @Test("requests and limits become shares, quotas, bytes and a score")
    func resources() {
        let container: JSON = [
            "name": "a",
            "resources": [
                "requests": ["cpu": "250m", "memory": "256Mi"], "limits": ["cpu": "500m", "memory": "512Mi"],
            ],
        ]
        var host: JSON = [:]
        ResourceLimits.apply(container, pod(["containers": [container]]), memory: 1 << 30, to: &host)
        #expect(host["CpuShares"] == 256 && host["CpuQuota"] == 50_000 && host["CpuPeriod"] == 100_000)
        #expect(host["Memory"] == 536_870_912 && host["MemorySwap"] == 536_870_912)
        #expect(host["OomScoreAdj"] == 750)
    }

    @Test("who asks for nothing is ended first, who is guaranteed last")
    func scores() {
        let free: JSON = ["name": "a"]
        #expect(ResourceLimits.outOfMemoryScore(free, pod(["containers": [free]]), memory: 1 << 30) == 1_000)
        let all: JSON = ["requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1Gi"]]
        let full: JSON = ["name": "a", "resources": all]
        #expect(ResourceLimits.outOfMemoryScore(full, pod(["containers": [full]]), memory: 1 << 31) == -997)
        #expect(ResourceLimits.shares(milli: 0) == 2 && ResourceLimits.shares(milli: 1) == 2)
    }

    // MARK: Security

    private func security(_ own: JSON, _ shared: JSON = [:]) throws -> JSON {
        var host: JSON = [:]
        let context = SecurityContext(["securityContext": own], pod(["securityContext": shared]))
        try context.apply(to: &host, seccompFolder: "/seccomp") { $0 == "/seccomp/p.json" ? "{}" : nil }
        if let user = context.user { host["User"] = .string(user) }
        return host
    }

    @Test("security contexts become Docker's options; a container's own come first")
    func contexts() throws {
        #expect(try security([:])["SecurityOpt"] == ["seccomp=unconfined"])
        let strict = try security(
            [
                "runAsUser": 1_000, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": ["drop": ["ALL"], "add": ["NET_BIND_SERVICE"]],
                "seccompProfile": ["type": "RuntimeDefault"],
            ], ["runAsUser": 5, "runAsGroup": 3_000, "fsGroup": 2_000, "supplementalGroups": [7]])
        #expect(strict["User"] == "1000:3000")
        #expect(strict["GroupAdd"] == ["7", "2000"])
        #expect(strict["SecurityOpt"] == ["no-new-privileges"])
        #expect(strict["CapDrop"] == ["ALL"] && strict["CapAdd"] == ["NET_BIND_SERVICE"])
        #expect(strict["ReadonlyRootfs"] == true)
        let local = try security(["seccompProfile": ["type": "Localhost", "localhostProfile": "p.json"]])
        #expect(local["SecurityOpt"] == ["seccomp={}"])
        #expect(try security(["procMount": "Unmasked"])["MaskedPaths"] == [])
    }

    @Test(
        "who mustn't be root isn't made as root",
        arguments: [
            ("", "container has runAsNonRoot and image will run as root"),
            ("0", "container has runAsNonRoot and image will run as root"),
            (
                "www:www",
                "container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root"
            ), ("1000", ""),
        ])
    func nonRoot(_ user: String, _ message: String) {
        let container: JSON = ["name": "a", "securityContext": ["runAsNonRoot": true]]
        let pod = pod(["containers": [container]])
        var told = ""
        do { try SecurityContext(container, pod).check(container, pod, imageUser: user) } catch {
            told = error.message
            #expect(error.reason == "CreateContainerConfigError")
        }
        #expect(told == (message.isEmpty ? "" : message + " (pod: \"web_default(u1)\", container: a)"))
    }

    // MARK: The request

    @Test("a sandbox has the pod's name, its ports of the node and its kernel settings")
    func sandbox() {
        let spec: JSON = [
            "containers": [["name": "a", "ports": [["containerPort": 80, "hostPort": 8_080]]]],
            "securityContext": ["sysctls": [["name": "net.core.somaxconn", "value": "1024"]]],
        ]
        let body = ContainerBody(pod: pod(spec), settings: settings, memory: 1).sandbox(attempt: 2)
        #expect(body["Hostname"] == "web" && body["Image"] == "registry.k8s.io/pause:3.10")
        let host = body["HostConfig"]
        #expect(host["NetworkMode"] == "bridge" && host["IpcMode"] == "shareable")
        #expect(host["PortBindings"]["80/tcp"] == [["HostIp": "", "HostPort": "8080"]])
        #expect(host["Sysctls"]["net.core.somaxconn"] == "1024")
        #expect(body["Labels"]["io.kubernetes.container.name"] == "POD")
    }

    @Test("a container joins its sandbox; commands see its variables")
    func container() throws {
        let container: JSON = [
            "name": "a", "command": ["/bin/$(WHAT)", "$$(WHAT)", "$(NONE)"], "args": ["-p=$(PORT)"], "tty": true,
        ]
        let pod = pod(["containers": [container], "shareProcessNamespace": true])
        var sandbox = ObservedContainer()
        sandbox.id = "s0"
        let parts = ContainerBody.Parts(
            sandbox: sandbox, attempt: 3, image: "web:1", imageUser: "", environment: ["WHAT=sh", "PORT=80"],
            mounts: [])
        let body = try ContainerBody(pod: pod, settings: settings, memory: 1).container(container, parts) { _ in nil }
        #expect(body["Entrypoint"] == ["/bin/sh", "$(WHAT)", "$(NONE)"] && body["Cmd"] == ["-p=80"])
        let host = body["HostConfig"]
        for member in ["NetworkMode", "IpcMode", "PidMode"] { #expect(host[member] == "container:s0") }
        #expect(body["Labels"]["annotation.io.kubernetes.container.restartCount"] == "3")
        #expect(body["Labels"]["io.kubernetes.sandbox.id"] == "s0")
    }

    // MARK: Files

    @Test("the pod's hosts file is the original's")
    func hosts() {
        let spec: JSON = [
            "subdomain": "db", "hostAliases": [["ip": "1.2.3.4", "hostnames": ["one", "two"]]],
        ]
        let text = PodFiles.hosts(
            pod(spec), addresses: ["10.244.0.5"], names: HostNames(pod(spec), domain: "cluster.local"))
        #expect(
            text == """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::0\tip6-localnet
                fe00::0\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters
                10.244.0.5\tweb.db.default.svc.cluster.local\tweb

                # Entries added by HostAliases.
                1.2.3.4\tone\ttwo

                """)
    }

    @Test(
        "DNS policies",
        arguments: [
            (
                "ClusterFirst", false,
                "search default.svc.cluster.local svc.cluster.local cluster.local example.com\n"
                    + "nameserver 10.96.0.10\noptions ndots:5\n"
            ), ("ClusterFirst", true, "search example.com\nnameserver 9.9.9.9\noptions edns0\n"),
            (
                "ClusterFirstWithHostNet", true,
                "search default.svc.cluster.local svc.cluster.local cluster.local example.com\n"
                    + "nameserver 10.96.0.10\noptions ndots:5\n"
            ), ("Default", false, "search example.com\nnameserver 9.9.9.9\noptions edns0\n"),
        ])
    func resolver(_ policy: String, _ isOnHost: Bool, _ text: String) {
        let node = "nameserver 9.9.9.9\nsearch example.com\noptions edns0\n"
        let pod = pod(["dnsPolicy": .string(policy), "hostNetwork": .bool(isOnHost)])
        #expect(PodFiles.resolver(pod, settings: settings, node: node) == text)
    }

    @Test("a pod's own DNS settings are added to those of its policy")
    func ownResolver() {
        let spec: JSON = [
            "dnsPolicy": "None",
            "dnsConfig": [
                "nameservers": ["1.1.1.1"], "searches": ["a.b"],
                "options": [["name": "ndots", "value": "2"], ["name": "edns0"]],
            ],
        ]
        #expect(
            PodFiles.resolver(pod(spec), settings: settings, node: "nameserver 9.9.9.9\n")
                == "search a.b\nnameserver 1.1.1.1\noptions ndots:2 edns0\n")
    }

    @Test("names that are too long for the kernel are cut")
    func longNames() {
        let long = String(repeating: "a", count: 62) + "-b"
        #expect(HostNames(pod([:], name: long), domain: "").name == String(repeating: "a", count: 62))
    }

    // MARK: Images

    @Test(
        "references get the tag latest, and malformed ones are told from others",
        arguments: [
            ("nginx", "nginx:latest"), ("nginx:1.27", "nginx:1.27"), ("quay.io/a/b", "quay.io/a/b:latest"),
            ("reg:5000/a", "reg:5000/a:latest"), ("a@sha256:1234", "a@sha256:1234"), ("Nginx", nil), ("a/", nil),
            ("nginx:", nil), ("", nil), ("nginx latest", nil),
        ] as [(String, String?)])
    func references(_ text: String, _ tagged: String?) { #expect(ImageName.tagged(text) == tagged) }

    @Test("credentials are those whose place the image lies under, the nearest first")
    func credentials() {
        let config: JSON = [
            "auths": [
                "https://index.docker.io/v1/": ["auth": "aHVi"], "quay.io": ["auth": "cXVheQ=="],
                "quay.io/team": ["auth": "dGVhbQ=="],
            ]
        ]
        let secret: JSON = ["data": [".dockerconfigjson": .string(encodeBase64(config.bytes()))]]
        func found(_ reference: String) -> [String] {
            PullSecret.entries(of: secret, for: reference).map { $0.text("auth") }
        }
        #expect(found("nginx:1") == ["aHVi"])
        #expect(found("quay.io/team/app:1") == ["dGVhbQ==", "cXVheQ=="])
        #expect(found("quay.io/teams/app:1") == ["cXVheQ=="])
        #expect(found("ghcr.io/a/b:1").isEmpty)
    }
}
