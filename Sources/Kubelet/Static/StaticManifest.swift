import Crypto
import JSON
import KubeModel

/// A pod from a file on the node, as the kubelet runs it. Pure.
enum StaticManifest {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Files with other names, and hidden ones, aren't read.
    static func isManifest(_ name: String) -> Bool {
        !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }

    /// With the defaults that the API server would set. Its UID follows from its content: a changed file is another pod.
    /// - Parameter time: when the file was read.
    static func pod(_ bytes: [UInt8], file: String, node: String, time: Timestamp) throws(Fault) -> JSON {
        let document: JSON
        do { document = try YAML.parse(bytes).value } catch { throw Fault(description: "\(file): \(error)") }
        guard document.text("kind") == "Pod", document.text("apiVersion") == "v1" else {
            throw Fault(description: "\(file): it holds no v1 Pod")
        }
        guard let resource = Schema.builtIn.resource(GroupVersion("", "v1"), kind: "Pod") else {
            throw Fault(description: "the schema has no Pod")
        }
        var pod: JSON
        do { pod = try StructuralDecoder.decode(document, as: resource.type).object } catch {
            throw Fault(description: "\(file): \(error)")
        }
        AllKinds.rules(group: "", kind: "Pod").defaults(&pod)
        name(&pod, bytes, file: file, node: node, time: time)
        let faults = PodSpecRules.validate(pod["spec"], FieldPath("spec"))
        if let first = faults.first { throw Fault(description: "\(file): \(first)") }
        return pod
    }

    private static func name(_ pod: inout JSON, _ bytes: [UInt8], file: String, node: String, time: Timestamp) {
        let digest = Insecure.MD5.hash(data: Array("host:\(node)file:\(file)".utf8) + bytes)
        let uid = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        var metadata = pod["metadata"]
        metadata["name"] = .string("\(metadata.text("name"))-\(node)".lowercased())
        if metadata.text("namespace").isEmpty { metadata["namespace"] = "default" }
        metadata["uid"] = .string(uid)
        metadata["annotations"]["kubernetes.io/config.hash"] = .string(uid)
        metadata["annotations"]["kubernetes.io/config.seen"] = .string(time.microText)
        metadata["annotations"]["kubernetes.io/config.source"] = "file"
        pod["kind"] = "Pod"
        pod["apiVersion"] = "v1"
        pod["metadata"] = metadata
        pod["spec"]["nodeName"] = .string(node)
        // Whatever happens to the node, it stays.
        let tolerations = pod["spec"].list("tolerations") + [["operator": "Exists", "effect": "NoExecute"]]
        pod["spec"]["tolerations"] = .array(tolerations)
        pod["status"] = ["phase": "Pending"]
    }

    static func isStatic(_ pod: JSON) -> Bool {
        let source = pod["metadata"]["annotations"].text("kubernetes.io/config.source")
        return !source.isEmpty && source != "api"
    }

    /// The UID of the static pod that this one shows to the API; nil: it is a pod of its own.
    static func mirrored(_ pod: JSON) -> String? {
        pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].string
    }

    /// What the API gets to see of a static pod.
    /// - Parameter node: the Node's UID, which owns it.
    static func mirror(of pod: JSON, nodeName: String, node: JSON) -> JSON {
        var mirror = pod
        let uid = pod["metadata"]["uid"]
        for name in ["uid", "resourceVersion", "creationTimestamp"] { mirror["metadata"].remove(name) }
        mirror["metadata"]["annotations"]["kubernetes.io/config.mirror"] = uid
        mirror["metadata"]["ownerReferences"] = [
            ["apiVersion": "v1", "kind": "Node", "name": .string(nodeName), "uid": node, "controller": true]
        ]
        mirror.remove("status")
        return mirror
    }
}
