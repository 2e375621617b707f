import Builder
import Dockerfile
import Fault
import JSON
import Wire

// Answers about a Dockerfile, without a build (`docker buildx build --check`, `--call`).
extension BuildKit {
    func answer(_ question: String, _ attributes: [String: String], _ job: Job) async throws -> [String: [UInt8]] {
        var attributes = attributes
        attributes["requestid"] = nil
        let results = try await frontend("dockerfile.v0", attributes, job)
        guard let target = results.first?.target else { return [:] }
        switch question {
        case "frontend.lint":
            return [
                "result.json": (["warnings": []] as JSON).bytes(), "result.txt": [],
                "result.statuscode": Array("0".utf8), "version": Array("1.0.0".utf8),
            ]
        case "frontend.targets": return Self.targets(target.build.plan)
        default:
            throw GRPCStatus(.unimplemented, "unsupported request \(question)")
        }
    }

    private static func targets(_ plan: BuildPlan) -> [String: [UInt8]] {
        let entries: [JSON] = plan.file.stages.enumerated().map { index, stage in
            var entry: JSON = ["base": .string(stage.base.image)]
            if let name = stage.base.alias { entry["name"] = .string(name) }
            if index == plan.file.stages.count - 1 { entry["default"] = true }
            return entry
        }
        let names = plan.file.stages.map { $0.base.alias ?? "(no name)" }
        return [
            "result.json": (["targets": .array(entries), "sources": []] as JSON).bytes(),
            "result.txt": Array((["TARGET"] + names).map { $0 + "\n" }.joined().utf8),
            "version": Array("1.0.0".utf8),
        ]
    }
}
