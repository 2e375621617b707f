import JSON
import Testing

@testable import Controllers

@Suite struct RevisionHistoryTests {
    @Test("a revision's data is written as Go writes a map, whatever the template's order")
    func order() {
        let owner: JSON = [
            "spec": [
                "template": [
                    "spec": ["containers": [["name": "a", "image": "x"]], "dnsPolicy": "Default"],
                    "metadata": ["labels": ["b": "2", "a": "1"]],
                ]
            ]
        ]
        #expect(
            RevisionHistory.data(of: owner).text
                == #"{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"1","b":"2"}},"#
                + #""spec":{"containers":[{"image":"x","name":"a"}],"dnsPolicy":"Default"}}}}"#)
    }
}
