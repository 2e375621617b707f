import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import Linux
import Logging

/// Builds images from Dockerfiles: the parts are in Context/ (what is sent), Steps/ (one file an instruction that makes
/// a layer) and Output/; what the language means is the module Dockerfile.
package final class Builder: BuildBackend {
    let engine: Engine
    /// Contexts and downloads of builds that go on; what a crash leaves there goes at the start.
    let folder: String

    package init(engine: Engine) throws {
        self.engine = engine
        folder = engine.options.dataRoot + "/builds"
        try? FileTree.remove(folder + "/running")
        for path in [folder, folder + "/running", folder + "/caches"] { try makeFolder(path, mode: 0o700) }
    }

    package func build(
        _ request: BuildRequest, context source: ByteSource, progress: @escaping ProgressSink
    ) async throws {
        let id = Engine.randomID()
        let work = folder + "/running/" + id
        try makeFolder(work, mode: 0o700)
        defer { try? FileTree.remove(work) }
        let context = try await BuildContext.receive(request, source, into: work)
        let build = try await Build(id, request, context, on: self, progress)
        try await build.run()
        try await engine.trimBuildCache()
    }
}
