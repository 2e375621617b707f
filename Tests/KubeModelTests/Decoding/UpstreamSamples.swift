import Foundation
import JSON

@testable import KubeModel

/// The sample objects of k8s.io/api's `testdata/HEAD`: each kind with every field set, as JSON, YAML and protobuf.
/// They are read where HAKO_KUBE_SAMPLES points; without it the tests that need them are skipped.
enum UpstreamSamples {
    static let folder = ProcessInfo.processInfo.environment["HAKO_KUBE_SAMPLES"] ?? ""
    static var areThere: Bool { FileManager.default.fileExists(atPath: folder) }

    struct Sample {
        let name: String
        let groupVersion: GroupVersion
        let kind: String
        let type: SchemaType
        let json: [UInt8]

        func file(_ ending: String) -> [UInt8] { UpstreamSamples.read("\(name).\(ending)") }
    }

    static func read(_ name: String) -> [UInt8] {
        (FileManager.default.contents(atPath: "\(folder)/\(name)")).map(Array.init) ?? []
    }

    /// Those of the kinds that the schema has.
    static func all() throws -> [Sample] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { file in
            guard file.hasSuffix(".json") else { return nil }
            let json = read(file)
            let tree = try JSON(parsing: json)
            guard let groupVersion = GroupVersion(apiVersion: tree["apiVersion"].string ?? ""),
                let kind = tree["kind"].string, let type = Schema.builtIn.type(groupVersion, kind: kind)
            else { return nil }
            return Sample(
                name: String(file.dropLast(5)), groupVersion: groupVersion, kind: kind, type: type, json: json)
        }
    }
}
