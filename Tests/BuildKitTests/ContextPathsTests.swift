import Dockerfile
import Testing

@testable import BuildKit

@Suite("What of a context is asked for")
struct ContextPathsTests {
    @Test(
        "the paths that the file names; all of it where that isn't sure",
        arguments: [
            ("COPY a b /x/", ["a", "b"]), ("COPY ./a/../b/ /x", ["b"]), ("COPY . /", []), ("COPY / /", []),
            ("COPY a$X /", []), ("ADD https://x/y /z", []), ("ADD https://x/y local /z/", ["local"]),
            ("COPY --from=other a /b", []), ("RUN --mount=type=bind,target=/t,source=src true", ["src"]),
            ("RUN --mount=type=bind,target=/t true", []), ("COPY *.txt /", ["*.txt"]), ("ONBUILD COPY a /", []),
        ])
    func follows(_ line: String, _ expected: [String]) throws {
        #expect(ContextPaths.follows(try Dockerfile("FROM scratch\n" + line)) == expected)
    }
}
