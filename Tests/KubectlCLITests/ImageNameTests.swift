import Testing

@testable import KubectlCLI

@Suite("names of images, before the server sees them")
struct ImageNameTests {
    @Test(
        "good ones",
        arguments: [
            "nginx", "nginx:1.25", "a/b/c", "localhost/x", "host:5000/x:y", "Host.example/x", "a__b", "a--b.c_d",
            "x@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ])
    func good(_ name: String) { #expect(ImageNameCheck.isReference(name)) }

    @Test("bad ones", arguments: ["", "X", "a:", "a b", "-a", "a/", "a..b", "a@x", "a:b:c", "a/B", "a___b"])
    func bad(_ name: String) { #expect(!ImageNameCheck.isReference(name)) }

    @Test("a container is called as its image, with a suffix only where the name had to be changed")
    func containers() {
        #expect(VerbTree.containerName("docker.io/library/nginx:1.25") == "nginx")
        #expect(VerbTree.containerName("y/z@sha256:00") == "z")
        #expect(VerbTree.containerName("my_app").hasPrefix("my-app-"))
    }
}
