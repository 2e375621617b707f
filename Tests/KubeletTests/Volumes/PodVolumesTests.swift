import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing

@testable import Kubelet

/// A server in this process, a kubelet's folder, and what makes volumes in it.
private struct VolumeBench: Sendable {
    let api: any ObjectAPI
    let root: String
    let objects: PodObjects
    let volumes: PodVolumes
    let systems: FakeFileSystems
    let faults: NIOLockedValueBox<[String]>

    static func with(_ body: (VolumeBench) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            var configuration = APIServerConfiguration()
            configuration.dataFolder = folder + "/server"
            configuration.bindAddress = "127.0.0.1"
            configuration.port = 0
            configuration.admissionOff = ["ServiceAccount"]
            let log = Logger(label: "test")
            let server = try await RunningAPIServer.start(
                configuration, group: MultiThreadedEventLoopGroup.singleton, log: log)
            let api = server.api(as: UserInfo(name: "admin", groups: ["system:masters"]), manager: "test")
            let services = Informer(api, .services, log: log)
            let objects = PodObjects(api, log: log)
            let node: JSON = [
                "metadata": ["name": "n1", "labels": ["kubernetes.io/hostname": "n1"]],
                "status": ["allocatable": ["memory": "8Gi"]],
            ]
            let environment = ContainerEnvironment(objects, services: services, root: folder + "/kubelet") { node }
            let systems = FakeFileSystems(), faults = NIOLockedValueBox<[String]>([])
            let volumes = PodVolumes(
                root: folder + "/kubelet", api: api, objects: objects, environment: environment, node: { node },
                log: log, systems: systems, now: { Date().timeIntervalSince1970 },
                report: { _, fault in faults.withLockedValue { $0.append(fault.message) } })
            let tasks = [Task { await services.run() }, Task { await volumes.run() }]
            do {
                try await body(
                    VolumeBench(
                        api: api, root: folder + "/kubelet", objects: objects, volumes: volumes, systems: systems,
                        faults: faults))
            } catch {
                Issue.record(error)
            }
            for task in tasks { task.cancel() }
            await server.stop()
        }
    }

    func create(_ resource: ResourceID, _ name: String, _ more: JSON) async throws {
        var object = more
        object["metadata"]["name"] = .string(name)
        if resource != .persistentVolumes { object["metadata"]["namespace"] = "default" }
        try await api.create(resource, object)
    }

    /// One container that mounts every volume at its name.
    func pod(_ name: String, _ volumes: [JSON], spec more: JSON = [:]) async throws -> JSON {
        let mounts = volumes.map { volume -> JSON in
            ["name": volume["name"], "mountPath": .string("/" + (volume["name"].string ?? ""))]
        }
        var spec: JSON = [
            "nodeName": "n1", "serviceAccountName": "robot", "volumes": .array(volumes),
            "containers": [["name": "c", "image": "x", "volumeMounts": .array(mounts)]],
        ]
        for (key, value) in more.object ?? JSONObject() { spec[key] = value }
        return try await api.create(
            .pods, ["metadata": ["name": .string(name), "namespace": "default", "labels": ["a": "1"]], "spec": spec])
    }

    func until(_ what: String, _ isTrue: () -> Bool) async throws {
        for _ in 0..<1_000 where !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isTrue(), "\(what)")
    }
}

@Suite("volumes of pods")
struct PodVolumesTests {
    @Test("files of a config map change while the pod runs, and everything is gone when it is")
    func refresh() async throws {
        try await VolumeBench.with { bench in
            try await bench.create(.configMaps, "web", ["data": ["page": "one"]])
            try await bench.create(.secrets, "keys", ["data": ["p": "c2VjcmV0"]])
            let pod = try await bench.pod(
                "web",
                [
                    ["name": "m", "configMap": ["name": "web"]], ["name": "s", "secret": ["secretName": "keys"]],
                    ["name": "e", "emptyDir": [:]],
                    ["name": "mem", "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"]],
                    [
                        "name": "d",
                        "downwardAPI": ["items": [["path": "n", "fieldRef": ["fieldPath": "metadata.labels"]]]],
                    ],
                    ["name": "h", "hostPath": ["path": "/etc", "type": "Directory"]],
                    ["name": "late", "configMap": ["name": "late", "optional": true]],
                ])
            let uid = try #require(pod["metadata"]["uid"].string)
            let paths = try await bench.volumes.prepare(pod)
            let base = "\(bench.root)/pods/\(uid)/volumes"
            #expect(
                paths == [
                    "m": "\(base)/kubernetes.io~configmap/m", "s": "\(base)/kubernetes.io~secret/s",
                    "e": "\(base)/kubernetes.io~empty-dir/e", "mem": "\(base)/kubernetes.io~empty-dir/mem",
                    "d": "\(base)/kubernetes.io~downward-api/d", "h": "/etc",
                    "late": "\(base)/kubernetes.io~configmap/late",
                ])
            #expect(text("\(base)/kubernetes.io~configmap/m/page") == "one")
            #expect(text("\(base)/kubernetes.io~secret/s/p") == "secret")
            #expect(text("\(base)/kubernetes.io~downward-api/d/n") == "a=\"1\"")
            #expect(bench.systems.memory["\(base)/kubernetes.io~empty-dir/mem"] == 1 << 20)
            #expect(bench.systems.memory["\(base)/kubernetes.io~secret/s"] == 8 << 30)
            #expect(bench.objects.count == 3)
            _ = try await bench.api.patch(
                .configMaps, "default", "web", subresource: "", .merge(["data": ["page": "two", "more": "x"]]))
            try await bench.until("the change arrives") { text("\(base)/kubernetes.io~configmap/m/page") == "two" }
            #expect(text("\(base)/kubernetes.io~configmap/m/more") == "x")
            try await bench.create(.configMaps, "late", ["data": ["k": "v"]])
            try await bench.until("an optional one appears") { text("\(base)/kubernetes.io~configmap/late/k") == "v" }
            var relabelled = pod
            relabelled["metadata"]["labels"] = ["a": "2"]
            bench.volumes.changed(relabelled)
            try await bench.until("labels arrive") { text("\(base)/kubernetes.io~downward-api/d/n") == "a=\"2\"" }
            try await bench.api.delete(.configMaps, "default", "web", .null)
            try await bench.until("its loss is told") {
                bench.faults.withLockedValue { !$0.isEmpty }
            }
            #expect(
                bench.faults.withLockedValue { $0.first }
                    == "MountVolume.SetUp failed for volume \"m\" : configmap \"web\" not found")
            #expect(text("\(base)/kubernetes.io~configmap/m/page") == "two")
            await bench.volumes.remove(podUID: uid)
            await bench.volumes.remove(podUID: uid)
            #expect(names("\(bench.root)/pods") == [])
            #expect(bench.systems.memory == [:])
            #expect(bench.objects.count == 0)
        }
    }

    @Test(
        "what can't be made is told in the original's words",
        arguments: [
            (["configMap": ["name": "x"]], "MountVolume.SetUp failed for volume \"v\" : configmap \"x\" not found"),
            (["secret": ["secretName": "x"]], "MountVolume.SetUp failed for volume \"v\" : secret \"x\" not found"),
            (
                ["hostPath": ["path": "/etc/passwd", "type": "Directory"]],
                "MountVolume.SetUp failed for volume \"v\" : hostPath type check failed: /etc/passwd is not a directory"
            ),
            (
                ["persistentVolumeClaim": ["claimName": "x"]],
                "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process "
                    + "volumes=[v]: error processing PVC default/x: failed to fetch PVC from API server: "
                    + "persistentvolumeclaims \"x\" not found"
            ),
            (
                ["nfs": ["server": "s", "path": "/"]],
                "MountVolume.SetUp failed for volume \"v\" : no volume plugin matched: volumes of type nfs are not "
                    + "supported on this node"
            ),
        ] as [(JSON, String)])
    func faults(_ source: JSON, _ expected: String) async throws {
        try await VolumeBench.with { bench in
            var volume = source
            volume["name"] = "v"
            let pod = try await bench.pod("p", [volume])
            do throws(PodFault) {
                _ = try await bench.volumes.prepare(pod)
                Issue.record("nothing is thrown")
            } catch {
                #expect(error.reason == "FailedMount")
                #expect(error.message == expected)
            }
        }
    }

    @Test("a projected volume joins its sources; a token is bound to the pod and its owner's alone")
    func projected() async throws {
        try await VolumeBench.with { bench in
            try await bench.create(.serviceAccounts, "robot", [:])
            try await bench.create(.configMaps, "ca", ["data": ["ca.crt": "CA"]])
            let sources: JSON = [
                ["serviceAccountToken": ["path": "token", "expirationSeconds": 3_607]],
                ["configMap": ["name": "ca", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
                ["downwardAPI": ["items": [["path": "namespace", "fieldRef": ["fieldPath": "metadata.namespace"]]]]],
            ]
            let pod = try await bench.pod(
                "web", [["name": "api", "projected": ["sources": sources]]],
                spec: isRoot ? ["securityContext": ["runAsUser": 65_534]] : [:])
            let folder = try #require(try await bench.volumes.prepare(pod)["api"])
            #expect(names(folder).filter { !$0.hasPrefix("..") } == ["ca.crt", "namespace", "token"])
            #expect(text(folder + "/namespace") == "default")
            let token = try #require(text(folder + "/token"))
            let claims = try JSON(
                parsing: String(decoding: decodeBase64(String(token.split(separator: ".")[1])) ?? [], as: UTF8.self))
            #expect(claims["kubernetes.io"]["pod"]["uid"] == pod["metadata"]["uid"])
            #expect(claims["sub"] == "system:serviceaccount:default:robot")
            let data = try #require(link(folder + "/..data"))
            if isRoot { #expect(attributes("\(folder)/\(data)/token") == (0o600, 0, 65_534)) }
            _ = try await bench.volumes.prepare(pod)
            #expect(text(folder + "/token") == token)
        }
    }

    @Test("a claim leads to its bound volume; one that isn't bound, or on another node, is refused")
    func claims() async throws {
        try await VolumeBench.with { bench in
            func volume(_ name: String, _ host: String) async throws {
                try await bench.create(
                    .persistentVolumes, name,
                    [
                        "spec": [
                            "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"],
                            "local": ["path": .string(bench.root)],
                            "nodeAffinity": [
                                "required": [
                                    "nodeSelectorTerms": [
                                        [
                                            "matchExpressions": [
                                                [
                                                    "key": "kubernetes.io/hostname", "operator": "In",
                                                    "values": [.string(host)],
                                                ]
                                            ]
                                        ]
                                    ]
                                ]
                            ],
                        ]
                    ])
                try await bench.create(
                    .persistentVolumeClaims, name,
                    [
                        "spec": [
                            "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                            "volumeName": .string(name),
                        ]
                    ])
            }
            func bind(_ name: String) async throws {
                let claim = try await bench.api.get(.persistentVolumeClaims, "default", name)
                _ = try await bench.api.patch(
                    .persistentVolumes, "", name, subresource: "",
                    .merge([
                        "spec": [
                            "claimRef": [
                                "kind": "PersistentVolumeClaim", "namespace": "default", "name": .string(name),
                                "uid": claim["metadata"]["uid"],
                            ]
                        ]
                    ]))
                _ = try await bench.api.patch(
                    .persistentVolumeClaims, "default", name, subresource: "status",
                    .merge(["status": ["phase": "Bound"]]))
            }
            func fault(_ pod: JSON) async -> String {
                do throws(PodFault) {
                    return "\(try await bench.volumes.prepare(pod))"
                } catch {
                    return error.message
                }
            }
            try FileManager.default.createDirectory(atPath: bench.root, withIntermediateDirectories: true)
            try await volume("here", "n1")
            try await volume("there", "n2")
            let here = try await bench.pod(
                "here", [["name": "v", "persistentVolumeClaim": ["claimName": "here", "readOnly": true]]])
            #expect(await fault(here).hasSuffix("error processing PVC default/here: PVC is not bound"))
            try await bind("here")
            try await bind("there")
            #expect(try await bench.volumes.prepare(here) == ["v": bench.root])
            let mounts = try bench.volumes.mounts(here["spec"]["containers"][0], here, ["v": bench.root])
            #expect(mounts.first?["ReadOnly"] == true)
            let there = try await bench.pod(
                "there", [["name": "v", "persistentVolumeClaim": ["claimName": "there"]]])
            #expect(
                await fault(there) == "MountVolume.SetUp failed for volume \"v\" : no matching NodeSelectorTerms")
            await bench.volumes.remove(podUID: here["metadata"]["uid"].string ?? "")
            #expect(FileManager.default.fileExists(atPath: bench.root))
        }
    }

    @Test("mounts carry subPath, propagation and read-only; expressions take the container's own variables")
    func mounts() async throws {
        try await VolumeBench.with { bench in
            let volumes: [JSON] = [
                ["name": "e", "emptyDir": [:]], ["name": "h", "hostPath": ["path": "/none/such"]],
                ["name": "i", "image": ["reference": "docker.io/library/x:1"]],
            ]
            let pod = try await bench.pod("web", volumes)
            let paths = try await bench.volumes.prepare(pod)
            #expect(paths["i"] == nil)
            let uid = pod["metadata"]["uid"].string ?? ""
            let container: JSON = [
                "name": "c", "env": [["name": "NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]],
                "volumeMounts": [
                    ["name": "e", "mountPath": "/e", "subPathExpr": "$(NAME)/x", "readOnly": true],
                    ["name": "h", "mountPath": "h", "mountPropagation": "Bidirectional"],
                    ["name": "h", "mountPath": "/r", "readOnly": true, "recursiveReadOnly": "Enabled"],
                    ["name": "i", "mountPath": "/i", "subPath": "in"],
                ],
            ]
            #expect(
                try bench.volumes.mounts(container, pod, paths) == [
                    [
                        "Type": "bind", "Source": .string("\(bench.root)/pods/\(uid)/volume-subpaths/e/c/0"),
                        "Target": "/e", "ReadOnly": true,
                        "BindOptions": ["Propagation": "rprivate", "ReadOnlyNonRecursive": true],
                    ],
                    [
                        "Type": "bind", "Source": "/none/such", "Target": "/h", "ReadOnly": false,
                        "BindOptions": ["Propagation": "rshared", "CreateMountpoint": true],
                    ],
                    [
                        "Type": "bind", "Source": "/none/such", "Target": "/r", "ReadOnly": true,
                        "BindOptions": [
                            "Propagation": "rprivate", "CreateMountpoint": true, "ReadOnlyForceRecursive": true,
                        ],
                    ],
                    [
                        "Type": "image", "Source": "docker.io/library/x:1", "Target": "/i", "ReadOnly": true,
                        "ImageOptions": ["Subpath": "in"],
                    ],
                ])
            #expect(names((paths["e"] ?? "") + "/web") == ["x"])
            func fault(_ mount: JSON) -> String {
                do throws(PodFault) {
                    return "\(try bench.volumes.mounts(["name": "c", "volumeMounts": [mount]], pod, paths))"
                } catch {
                    return error.message
                }
            }
            #expect(
                fault(["name": "no", "mountPath": "/x"])
                    == "cannot find volume \"no\" to mount into container \"c\"")
            #expect(fault(["name": "e", "mountPath": "/x", "subPathExpr": "$(B)$(A)"]) == "missing value for A, B")
            #expect(
                fault(["name": "e", "mountPath": "/x", "subPath": "../a"])
                    == "unable to provision SubPath `../a`: must not contain '..'")
            #expect(
                fault(["name": "e", "mountPath": "/x", "subPath": "/a"])
                    == "error SubPath `/a` must not be an absolute path")
            symlink("/etc", (paths["e"] ?? "") + "/out")
            #expect(
                fault(["name": "e", "mountPath": "/x", "subPath": "out/passwd"])
                    == "failed to prepare subPath for volumeMount \"e\" of container \"c\"")
        }
    }
}

@Suite("objects that pods refer to")
struct PodObjectsTests {
    @Test("an object is watched while a pod refers to it, and read anew for a pod that comes later")
    func watching() async throws {
        try await VolumeBench.with { bench in
            let reference = ObjectReference(.configMap, "default", "m")
            let told = NIOLockedValueBox<[Set<String>]>([])
            bench.objects.observe { pods in told.withLockedValue { $0.append(pods) } }
            bench.objects.refer("u1", to: [reference])
            await #expect(throws: APIStatus.self) { try await bench.objects.object(reference) }
            try await bench.create(.configMaps, "m", ["data": ["k": "1"]])
            // At once, though the watch may not have told yet.
            #expect(try await bench.objects.object(reference)["data"]["k"] == "1")
            try await bench.until("u1 is told") { told.withLockedValue { $0.contains(["u1"]) } }
            bench.objects.refer("u2", to: [reference])
            _ = try await bench.api.patch(.configMaps, "default", "m", subresource: "", .merge(["data": ["k": "2"]]))
            bench.objects.refer("u3", to: [reference])
            #expect(try await bench.objects.object(reference)["data"]["k"] == "2")
            try await bench.until("all are told") {
                told.withLockedValue { $0.last?.isSuperset(of: ["u1", "u2"]) == true }
            }
            #expect(bench.objects.count == 1)
            for pod in ["u1", "u2", "u3"] { bench.objects.forget(pod) }
            #expect(bench.objects.count == 0)
        }
    }
}
