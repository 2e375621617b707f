import JSON
import NIOHTTP1
import Testing

@testable import KubeAPIServer

/// Patches and applied configurations that leave no object of their kind, in the words that were seen at the original
/// (1.36.2).
@Suite("patches that don't fit")
struct PatchRefusalTests {
    private static let deployments = "/apis/apps/v1/namespaces/default/deployments"
    private static let deployment: JSON = [
        "metadata": ["name": "web"],
        "spec": [
            "selector": ["matchLabels": ["app": "a"]],
            "template": [
                "metadata": ["labels": ["app": "a"]], "spec": ["containers": [["name": "c", "image": "nginx"]]],
            ],
        ],
    ]

    /// What is patched, how the original shows it, and what it says of it.
    private static let strategic: [(patch: String, shown: String, why: String)] = [
        (#"{"spec":"a"}"#, "map[spec:a]", "cannot restore struct from: string"),
        (#"{"spec":{"replicas":"x"}}"#, "map[spec:map[replicas:x]]", "unrecognized type: int32"),
        (#"{"spec":{"replicas":1.5}}"#, "map[spec:map[replicas:1.5]]", "cannot convert float64 to int32"),
        (#"{"spec":{"replicas":true}}"#, "map[spec:map[replicas:true]]", "unrecognized type: int32"),
        (#"{"spec":{"paused":"x"}}"#, "map[spec:map[paused:x]]", "unrecognized type: bool"),
        (#"{"metadata":{"labels":"x"}}"#, "map[metadata:map[labels:x]]", "cannot restore map from string"),
        (#"{"metadata":{"labels":{"a":1}}}"#, "map[metadata:map[labels:map[a:1]]]", "cannot convert int64 to string"),
        (#"{"metadata":{"labels":{"a":{}}}}"#, "map[metadata:map[labels:map[a:map[]]]]", "unrecognized type: string"),
        (#"{"kind":5}"#, "map[kind:5]", "cannot convert int64 to string"),
        (
            #"{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}"#,
            "map[spec:map[strategy:map[rollingUpdate:map[maxSurge:true]]]]",
            "json: cannot unmarshal bool into Go value of type int32"
        ),
        (
            #"{"spec":{"template":{"spec":{"hostAliases":{}}}}}"#,
            "map[spec:map[template:map[spec:map[hostAliases:map[]]]]]", "cannot restore slice from map"
        ),
        (
            #"{"spec":{"template":{"spec":{"tolerations":[1]}}}}"#,
            "map[spec:map[template:map[spec:map[tolerations:[1]]]]]", "cannot restore struct from: int64"
        ),
        (
            #"{"spec":{"template":{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"x"}}}]}}}}"#,
            "map[spec:map[template:map[spec:map[containers:[map[name:c resources:map[limits:map[cpu:x]]]]]]]]",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
    ]

    @Test("a strategic merge patch is shown as it came", .timeLimit(.minutes(2)))
    func strategicMerge() async throws {
        try await TestServer.with { server in
            try await server.create(Self.deployments, Self.deployment)
            let headers: HTTPHeaders = ["Content-Type": "application/strategic-merge-patch+json"]
            let web = "\(Self.deployments)/web"
            for row in Self.strategic {
                let reply = try await server.call(.PATCH, web, try JSON(parsing: row.patch), headers: headers)
                #expect(reply.code == 422)
                let message = "Invalid value: \"\(row.shown)\": \(row.why)"
                #expect(reply.json["message"].string == " \"\" is invalid: patch: \(message)")
                #expect(
                    reply.json["details"] == [
                        "causes": [["reason": "FieldValueInvalid", "message": .string(message), "field": "patch"]]
                    ])
            }
            let strict = try await server.call(
                .PATCH, "\(web)?fieldValidation=Strict", ["spec": ["bogus": [true, nil]]], headers: headers)
            #expect(
                strict.json["message"].string
                    == " \"\" is invalid: patch: Invalid value: \"map[spec:map[bogus:[true <nil>]]]\": strict decoding "
                    + "error: unknown field \"spec.bogus\"")
        }
    }

    @Test("a name may not be taken away, by whatever patch", .timeLimit(.minutes(2)))
    func nameless() async throws {
        try await TestServer.with { server in
            try await server.create(Self.deployments, Self.deployment)
            let patches: [(type: String, patch: JSON)] = [
                ("strategic-merge-patch+json", ["metadata": nil]), ("merge-patch+json", ["metadata": ["name": ""]]),
                ("json-patch+json", [["op": "remove", "path": "/metadata/name"]]),
                ("apply-patch+yaml", ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": nil]]),
            ]
            for (type, patch) in patches {
                let reply = try await server.call(
                    .PATCH, "\(Self.deployments)/web?fieldManager=m", patch,
                    headers: ["Content-Type": "application/\(type)"])
                #expect(reply.code == 400, "\(type)")
                #expect(
                    reply.json["message"]
                        == "the name of the object (web based on URL) was undeterminable: name must be provided")
            }
            // The namespace is looked at first.
            var other = Self.deployment
            other["metadata"] = ["name": "other", "namespace": "elsewhere"]
            #expect(
                try await server.call(.PUT, "\(Self.deployments)/web", other).json["message"]
                    == "the namespace of the provided object does not match the namespace sent on the request")
        }
    }

    @Test("an applied configuration is held against its schema, however strict the client is", .timeLimit(.minutes(2)))
    func applied() async throws {
        try await TestServer.with { server in
            let headers: HTTPHeaders = ["Content-Type": "application/apply-patch+yaml"]
            var config = Self.deployment
            config["apiVersion"] = "apps/v1"
            config["kind"] = "Deployment"
            config["bogus"] = 1
            for validation in ["Strict", "Warn"] {
                let reply = try await server.call(
                    .PATCH, "\(Self.deployments)/web?fieldManager=m&fieldValidation=\(validation)", config,
                    headers: headers)
                #expect(reply.code == 500 && reply.headers["warning"].isEmpty)
                #expect(
                    reply.json["message"].string
                        == "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .bogus: field not "
                        + "declared in schema")
            }
            let range = try await server.call(
                .PATCH, "/api/v1/namespaces/default/limitranges/l?fieldManager=m",
                [
                    "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
                    "spec": ["limits": [["type": "Pod", "max": ["cpu": "y"]]]],
                ], headers: headers)
            #expect(range.code == 500)
            #expect(
                range.json["message"].string
                    == "failed to convert new object (/l; /v1, Kind=LimitRange) to proper version: unable to convert "
                    + "unstructured object to /v1, Kind=LimitRange: quantities must match the regular expression "
                    + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        }
    }

    @Test("the status of some kinds is all that a write of it changes", .timeLimit(.minutes(2)))
    func metadataStays() async throws {
        try await TestServer.with { server in
            for (path, isKept) in [
                ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/probes", true),
                ("/api/v1/namespaces/default", false),
            ] {
                var object = try await server.call(.GET, path).json
                object["metadata"]["labels"] = ["a": "b"]
                let written = try await server.call(.PUT, "\(path)/status", object)
                #expect(written.code == 200)
                #expect(written.json["metadata"]["labels"]["a"].isNull == isKept, "\(path)")
            }
        }
    }

    private static let families: [(spec: JSON, message: String)] = [
        (
            ["ipFamilies": ["IPv4", "IPv6"]],
            "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when "
                + "multiple IP families are specified"
        ),
        (
            ["ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack"],
            "spec.ipFamilies[1]: Invalid value: \"IPv6\": not configured on this cluster"
        ),
        (
            ["ipFamilyPolicy": "RequireDualStack"],
            "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack "
                + "services"
        ),
        (
            ["clusterIP": "::1"],
            "spec.clusterIPs[0]: Invalid value: [\"::1\"]: IPv6 is not configured on this cluster"
        ),
        (
            ["clusterIPs": ["10.96.0.77", "10.96.0.78"]],
            "[spec.clusterIPs: Invalid value: [\"10.96.0.77\",\"10.96.0.78\"]: must be empty when `clusterIP` is not "
                + "specified, spec.clusterIPs: Invalid value: [\"10.96.0.77\",\"10.96.0.78\"]: may specify no more than "
                + "one IP for each IP family]"
        ),
    ]

    @Test("a service asks for addresses that the cluster has", .timeLimit(.minutes(2)))
    func addressFamilies() async throws {
        try await TestServer.with { server in
            for (spec, message) in Self.families {
                var service: JSON = ["metadata": ["name": "s"], "spec": spec]
                service["spec"]["ports"] = [["port": 80]]
                service["spec"]["selector"] = ["a": "b"]
                let reply = try await server.call(.POST, "/api/v1/namespaces/default/services", service)
                #expect(reply.code == 422)
                #expect(reply.json["message"].string == "Service \"s\" is invalid: \(message)")
            }
            let prefers = try await server.create(
                "/api/v1/namespaces/default/services",
                [
                    "metadata": ["name": "p"], "spec": ["ipFamilyPolicy": "PreferDualStack", "ports": [["port": 80]]],
                ])
            #expect(prefers["spec"]["ipFamilies"] == ["IPv4"])
        }
    }

    @Test("objects aren't sent as patches, and how long a request may take is a duration", .timeLimit(.minutes(2)))
    func requests() async throws {
        try await TestServer.with { server in
            let maps = "/api/v1/namespaces/default/configmaps"
            try await server.create(maps, ["metadata": ["name": "m"]])
            let patch: HTTPHeaders = ["Content-Type": "application/apply-patch+yaml"]
            for (method, path) in [(HTTPMethod.POST, maps), (.PUT, "\(maps)/m"), (.DELETE, "\(maps)/m")] {
                let code = try await server.call(method, path, [:], headers: patch).code
                #expect(code == 415, "\(method)")
            }
            let odd = try await server.call(.GET, "\(maps)/m?timeout=1x")
            #expect(odd.code == 400)
            #expect(
                odd.json["message"].string
                    == "invalid timeout specified in the request URL - time: unknown unit \"x\" in duration \"1x\"")
            #expect(try await server.call(.GET, "\(maps)/m?timeout=5s").code == 200)
        }
    }

    @Test(
        "a disruption budget's selector is replaced, and a null key makes an element of its own",
        .timeLimit(.minutes(2)))
    func replaced() async throws {
        try await TestServer.with { server in
            let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
            try await server.create(
                budgets, ["metadata": ["name": "b"], "spec": ["selector": ["matchLabels": ["a": "b"]]]])
            let headers: HTTPHeaders = ["Content-Type": "application/strategic-merge-patch+json"]
            let changed = try await server.call(
                .PATCH, "\(budgets)/b", ["spec": ["selector": ["matchLabels": ["x": "y"]]]], headers: headers)
            #expect(changed.json["spec"]["selector"] == ["matchLabels": ["x": "y"]])
            try await server.create(Self.deployments, Self.deployment)
            let nameless = try await server.call(
                .PATCH, "\(Self.deployments)/web",
                ["spec": ["template": ["spec": ["containers": [["name": nil, "image": "i"]]]]]], headers: headers)
            #expect(nameless.code == 422)
            #expect(
                nameless.json["details"]["causes"][0]["field"] == "spec.template.spec.containers[0].name")
        }
    }
}
