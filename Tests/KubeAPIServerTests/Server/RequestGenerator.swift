import Foundation
import JSON
import KubeModel
import NIOHTTP1
import TestKit

/// Makes requests to a Kubernetes API that are right in most places and wrong in some.
struct RequestGenerator {
    struct Request: CustomStringConvertible {
        var method: HTTPMethod
        var target: String
        var headers: HTTPHeaders
        var body: [UInt8]?
        var description: String {
            "\(method.rawValue) \(target) \(headers) \(body.map { String(decoding: $0, as: UTF8.self) } ?? "")"
        }
    }

    private var random: SeededGenerator
    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private static let methods: [HTTPMethod] = [
        .GET, .GET, .POST, .POST, .PUT, .PATCH, .PATCH, .PATCH, .DELETE, .HEAD, .OPTIONS, .RAW(value: "BREW"),
    ]
    private static let odd = [
        "", "x", "-", "..%2f", "%zz", "%00", "%e4%bd%a0", "a+b", "0", "-1", "9999999999999999999", "kube-system",
        "default", "web", "status", "true", "x'\"<>", "metadata.name=x", "a=b,c in (d,e)", "!=", "((", "null", "watch",
        "proxy", String(repeating: "n", count: 300),
    ]
    private static let pages = [
        "/", "/api", "/apis", "/version", "/openapi/v3", "/openapi/v3/apis/apps/v1", "/healthz/x", "/metrics",
    ]
    private static let queries = [
        "limit", "continue", "labelSelector", "fieldSelector", "resourceVersion", "resourceVersionMatch", "watch",
        "allowWatchBookmarks", "sendInitialEvents", "dryRun", "fieldManager", "fieldValidation", "force", "pretty",
        "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "container", "tailLines", "command", "unknown",
    ]
    private static let types = [
        "application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "application/merge-patch+json",
        "application/json-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml",
        "text/plain", "application/json;stream=watch", "*/*", "", "application/json;as=Table;g=meta.k8s.io;v=v1",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "application/json;as=Nothing;g=x;v=y", ";;;",
    ]

    private mutating func one<T>(_ values: [T]) -> T { values[Int.random(in: values.indices, using: &random)] }
    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func next() -> Request {
        let resource = one(Schema.builtIn.resources)
        let method = one(Self.methods)
        var headers = HTTPHeaders()
        if happens(70) { headers.add(name: "Accept", value: one(Self.types)) }
        var body: [UInt8]?
        if method != .GET, method != .HEAD, happens(85) {
            let isPatch = method == .PATCH
            let fitting = isPatch ? Self.types[3...6] : Self.types[0...2]
            headers.add(name: "Content-Type", value: one(happens(80) ? Array(fitting) : Self.types))
            body = self.body(resource, isPatch: isPatch)
        }
        if happens(10) { headers.add(name: "Impersonate-User", value: one(Self.odd)) }
        if happens(5) { headers.add(name: "Authorization", value: "Bearer \(one(Self.odd))") }
        if happens(5) { headers.add(name: "Accept-Encoding", value: "gzip") }
        return Request(method: method, target: target(resource, method), headers: headers, body: body)
    }

    private mutating func target(_ resource: APIResource, _ method: HTTPMethod) -> String {
        if happens(5) {
            return one(Self.pages) + query()
        }
        let groupVersion = resource.groupVersion
        var path = groupVersion.group.isEmpty ? "/api/v1" : "/apis/\(groupVersion)"
        if resource.isNamespaced, happens(90) { path += "/namespaces/\(happens(80) ? "default" : one(Self.odd))" }
        path += "/\(happens(95) ? resource.plural : one(Self.odd))"
        if method != .POST && happens(75) || happens(15) { path += "/\(happens(60) ? "web" : one(Self.odd))" }
        if happens(15) {
            let known = resource.subresources.map(\.name) + ["status"]
            path += "/\(one(happens(70) ? known : Self.odd))"
        }
        if happens(5) { path += "/" + one(Self.odd) }
        return path.replacing(" ", with: "%20") + query()
    }

    private mutating func query() -> String {
        var parts = ["timeoutSeconds=1"]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            parts.append("\(one(Self.queries))=\(one(Self.odd).replacing(" ", with: "+"))")
        }
        return "?" + parts.joined(separator: "&")
    }

    // MARK: Bodies

    private mutating func body(_ resource: APIResource, isPatch: Bool) -> [UInt8] {
        if happens(5) { return Array("k8s\u{0}".utf8) + (0..<40).map { _ in byte() } }
        var object = object(resource)
        if isPatch, happens(30) {
            object = .array((0..<3).map { _ in operation() })
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { object = mutated(object) }
        var bytes = object.bytes()
        if happens(10), !bytes.isEmpty { bytes[Int.random(in: bytes.indices, using: &random)] = byte() }
        if happens(3) { bytes = Array(String(repeating: "[", count: 20_000).utf8) }
        return bytes
    }

    private mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &random) }

    /// One of a JSON patch.
    private mutating func operation() -> JSON {
        [
            "op": .string(one(["add", "remove", "replace", "move", "copy", "test", "x"])),
            "path": .string(one(["/metadata/labels/a", "/spec", "", "x", "/spec/containers/-", "/~2"])),
            "from": "/metadata/name", "value": leaf(),
        ]
    }

    private mutating func object(_ resource: APIResource) -> JSON {
        var metadata: JSON = ["name": "web", "labels": ["app": "web"]]
        if happens(10) { metadata["generateName"] = "web-" }
        if happens(10) { metadata["resourceVersion"] = .string(one(Self.odd)) }
        if happens(10) { metadata["finalizers"] = .array([leaf()]) }
        if happens(10) { metadata["managedFields"] = [["manager": "x", "fieldsV1": ["f:spec": [:]]]] }
        let container: JSON = ["name": "c", "image": "i", "ports": [["containerPort": 80]]]
        let template: JSON = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": [container]]]
        var spec: JSON = [
            "containers": [container], "replicas": 1, "selector": ["matchLabels": ["app": "web"]], "template": template,
            "ports": [["port": 80]], "rules": [["host": "a.b"]],
        ]
        if happens(30), let field = resource.type.field("spec") { spec = filled(field.type, depth: 0) }
        return [
            "apiVersion": .string(resource.groupVersion.description), "kind": .string(resource.kind),
            "metadata": metadata, "spec": spec, "data": ["a": "b"], "status": ["phase": "Running"],
        ]
    }

    /// An object of the type with some fields, of any kind of value.
    private mutating func filled(_ type: SchemaType, depth: Int) -> JSON {
        var object: JSON = [:]
        for field in type.fields where happens(25) {
            if !field.type.fields.isEmpty, depth < 4, happens(80) {
                let value = filled(field.type, depth: depth + 1)
                object[field.name] = happens(60) ? value : .array([value])
            } else {
                object[field.name] = leaf()
            }
        }
        return object
    }

    private mutating func leaf() -> JSON {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .null
        case 1: .bool(happens(50))
        case 2: .init(Int.random(in: -3...70_000, using: &random))
        case 3: .number("1e400")
        case 4: .array([])
        case 5: [:]
        default: .string(one(Self.odd))
        }
    }

    private mutating func mutated(_ value: JSON) -> JSON {
        if happens(12) { return leaf() }
        switch value {
        case .object(let members) where !members.isEmpty:
            let at = Int.random(in: 0..<members.count, using: &random)
            var new: JSON = [:]
            for (index, member) in members.enumerated() {
                new[member.key] = index == at ? mutated(member.value) : member.value
            }
            return new
        case .array(let elements) where !elements.isEmpty:
            var new = elements
            let at = Int.random(in: elements.indices, using: &random)
            if happens(30) { new.append(elements[at]) } else { new[at] = mutated(elements[at]) }
            return .array(new)
        default: return leaf()
        }
    }
}
