import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import Linux
import Logging

/// Builds images from Dockerfiles: the parts are in Context/ (what is sent), Steps/ (one file an instruction that makes
/// a layer) and Output/; what the language means is the module Dockerfile. There are two front doors, the classic
/// endpoint here and BuildKit's in the module of that name; what they let in is a `Build`.
package final class Builder: BuildBackend {
    package let engine: Engine
    /// Contexts and downloads of builds that go on; what a crash leaves there goes at the start.
    package let folder: String
    /// Secrets and sockets of runs that go on.
    let privateFolder: String

    package init(engine: Engine) throws {
        self.engine = engine
        folder = engine.options.dataRoot + "/builds"
        privateFolder = engine.options.execRoot + "/builds"
        try? FileTree.remove(folder + "/running")
        try? FileTree.remove(privateFolder)
        for path in [folder, folder + "/running", folder + "/caches", privateFolder] {
            try makeFolder(path, mode: 0o700)
        }
    }

    package func build(
        _ request: BuildRequest, context source: ByteSource, progress: @escaping ProgressSink
    ) async throws {
        try await inFolder { work in
            let inputs = try await BuildContext.receive(request, source, into: work)
            try await ClassicBuild(request, inputs, on: self, progress).run()
        }
        try await engine.trimBuildCache()
    }

    /// Runs the work with a folder of its own, which goes afterwards.
    package func inFolder<T>(_ body: (String) async throws -> T) async throws -> T {
        let work = folder + "/running/" + Engine.randomID()
        try makeFolder(work, mode: 0o700)
        defer { try? FileTree.remove(work) }
        return try await body(work)
    }
}
