import CommandLine
import JSON
import KubeModel
import Testing

@testable import KubectlCLI

@Suite("kubectl debug") struct DebugTests {
    private static let pod: JSON = [
        "kind": "Pod", "apiVersion": "v1",
        "metadata": ["name": "web", "namespace": "ns", "labels": ["app": "web"], "annotations": ["a": "b"]],
        "spec": [
            "nodeName": "n1", "initContainers": [["name": "setup", "image": "i"]],
            "containers": [
                [
                    "name": "main", "image": "app:1", "args": ["x"], "livenessProbe": ["exec": ["command": ["true"]]],
                    "securityContext": ["runAsUser": 5],
                ]
            ], "ephemeralContainers": [["name": "old", "image": "e"]],
        ],
    ]

    private func plan(_ change: (inout DebugOptions) -> Void, custom: JSON? = nil) throws -> DebugPlan {
        var options = DebugOptions()
        options.image = "busybox"
        change(&options)
        return try DebugPlan(options, custom: custom)
    }

    @Test(
        "options that don't fit together are refused in the original's words",
        arguments: [
            (["debug", "web"], "you must specify --image when not using --copy-to."),
            (["debug", "--image=x"], "NAME or filename is required for debug"),
            (["debug", "web", "--image=x", "--replace"], "--replace may only be used with --copy-to."),
            (["debug", "web", "--image=x", "--same-node"], "--same-node may only be used with --copy-to."),
            (["debug", "web", "--image=x", "--set-image=a=b"], "--set-image may only be used with --copy-to."),
            (["debug", "web", "--copy-to=c"], "you must specify --image, --set-image or command arguments."),
            (
                ["debug", "web", "--copy-to=c", "--", "sh"],
                "you must specify an existing container or a new image when specifying args."
            ),
            (["debug", "web", "--image=A"], "invalid image name \"A\": invalid reference format"),
            (["debug", "web", "--image=x", "--image-pull-policy=y"], "invalid image pull policy: y"),
            (["debug", "web", "--image=x", "--profile=y"], "unknown profile: y"),
            (
                ["debug", "web", "--image=x", "--copy-to=c", "--target=t"],
                "--target is incompatible with --copy-to. Use --share-processes instead."
            ),
            (["debug", "web", "--image=x", "-t"], "-i/--stdin is required for containers with -t/--tty=true"),
            (
                ["debug", "web", "--attach", "--copy-to=c", "--", "sh"],
                "you must specify --container or create a new container using --image in order to attach."
            ),
        ])
    func refused(_ line: [String], _ text: String) async {
        let printed = await Printed.run(line)
        #expect(printed == Printed(code: 1, out: "", err: "error: \(text)\n"))
    }

    @Test(
        "a profile's rights in a running pod",
        arguments: [
            ("general", #"{"capabilities":{"add":["SYS_PTRACE"]}}"#), ("baseline", "null"), ("legacy", "null"),
            (
                "restricted",
                #"{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}"#
            ),
            ("netadmin", #"{"capabilities":{"add":["NET_ADMIN","NET_RAW"]}}"#), ("sysadmin", #"{"privileged":true}"#),
        ])
    func profiles(_ name: String, _ context: String) throws {
        let changed = try plan {
            $0.profile = name
            $0.target = "main"
        }.withContainer("dbg", in: Self.pod)
        let containers = changed["spec"]["ephemeralContainers"].array ?? []
        #expect(containers.map { $0["name"].string } == ["old", "dbg"])
        #expect(containers[1]["targetContainerName"].string == "main")
        #expect(containers[1]["securityContext"].withSortedMembers.text == context)
        #expect(changed["spec"]["containers"] == Self.pod["spec"]["containers"])
    }

    @Test("a copy is none of the original's replicas, is probed by nobody and may run anywhere")
    func copy() throws {
        let (copy, container) = try plan { $0.copyTo = "web-2" }.copy(Self.pod) { _ in "dbg" }
        #expect(container == "dbg")
        #expect(copy["metadata"].withSortedMembers.text == #"{"name":"web-2","namespace":"ns"}"#)
        let spec = copy["spec"]
        #expect(spec["nodeName"].isNull && spec["ephemeralContainers"].isNull)
        #expect(spec["shareProcessNamespace"].bool == true)
        #expect(spec["containers"][0]["livenessProbe"].isNull && spec["containers"][0]["image"].string == "app:1")
        #expect(spec["containers"][1]["image"].string == "busybox")
        #expect(spec["initContainers"].array?.count == 1)
    }

    @Test("a copy keeps what it is told to, and a container of it is changed in place")
    func keptCopy() throws {
        let (copy, container) = try plan {
            $0.copyTo = "web-2"
            $0.image = ""
            $0.container = "main"
            $0.command = ["sh"]
            $0.sameNode = true
            $0.kept.labels = true
            $0.kept.liveness = true
            $0.kept.initContainers = false
            $0.images = [("*", "other")]
        }.copy(Self.pod) { _ in "never" }
        #expect(container == "main")
        let main = copy["spec"]["containers"][0]
        #expect(main["command"].strings == ["sh"] && main["args"].isNull && main["image"].string == "other")
        #expect(!main["livenessProbe"].isNull && copy["spec"]["initContainers"].isNull)
        #expect(copy["spec"]["nodeName"].string == "n1" && copy["metadata"]["labels"]["app"].string == "web")
        #expect(main["securityContext"]["runAsUser"].int == 5)
    }

    @Test("on a node the pod sees the node's namespaces and files, as far as its profile lets it")
    func node() throws {
        for (profile, hasFiles, isHost) in [
            ("general", true, true), ("legacy", true, true), ("sysadmin", true, true), ("netadmin", false, true),
            ("baseline", false, false), ("restricted", false, false),
        ] {
            let pod = try plan { $0.profile = profile }.pod("p", container: "debugger", on: "n1")
            let spec = pod["spec"]
            #expect((spec["hostPID"].bool == true) == isHost, "\(profile)")
            #expect((spec["containers"][0]["volumeMounts"][0]["mountPath"].string == "/host") == hasFiles, "\(profile)")
            #expect(spec["nodeName"].string == "n1" && spec["tolerations"][0]["operator"].string == "Exists")
        }
    }

    @Test("part of a container is laid over what the profile makes, but not over what the command line says")
    func custom() throws {
        let custom: JSON = ["securityContext": ["runAsUser": 0], "env": [["name": "A", "value": "b"]]]
        let changed = try plan({ _ in }, custom: custom).withContainer("dbg", in: Self.pod)
        let container = changed["spec"]["ephemeralContainers"][1]
        #expect(container["securityContext"]["runAsUser"].int == 0 && container["env"][0]["name"].string == "A")
        #expect(container["securityContext"]["capabilities"]["add"].strings == ["SYS_PTRACE"])
        #expect(throws: Refusal.self) { try plan({ _ in }, custom: ["image": "x"]) }
    }

    @Test("rights that a pod's own user can't use are warned of")
    func lacksRoot() throws {
        var pod = Self.pod
        let changed = try plan { _ in }.withContainer("dbg", in: pod)
        #expect(!DebugPlan.lacksRoot("dbg", in: changed))
        pod["spec", "securityContext"] = ["runAsUser": 1_000]
        let general = try plan { _ in }.withContainer("dbg", in: pod)
        #expect(DebugPlan.lacksRoot("dbg", in: general))
        let baseline = try plan { $0.profile = "baseline" }.withContainer("dbg", in: pod)
        #expect(!DebugPlan.lacksRoot("dbg", in: baseline))
    }

    @Test("pairs stand between commas or in flags of their own; a value may hold a comma alone")
    func pairs() async {
        let printed = await Printed.run(["debug", "web", "--image=x", "--env=a"])
        #expect(
            printed.err.hasPrefix("error: invalid argument \"a\" for \"--env\" flag: a must be formatted as key=value"))
    }
}
