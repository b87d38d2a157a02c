using System.Text;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.EventProcessor.Events;

public class EventParserTests
{
    private static readonly EventContext s_context = new("acme", "request-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null);

    [Fact]
    public void TryParse_PlainEvent_CutsThePayloadOutAsItIs()
    {
        var @event = Parse("""{ "data" : {"b": 1.50,  "a":"é"} , "type":"response.received" }""");

        Assert.Equal("""{"b": 1.50,  "a":"é"}""", Encoding.UTF8.GetString(@event.Data.Span));
        Assert.Equal("response.received", @event.Type);
        Assert.Equal("acme", @event.Tenant);
        Assert.Equal("request-1", @event.CorrelationId);
        Assert.Equal(s_context.TraceParent, @event.TraceParent);
        Assert.Null(@event.DeduplicationKey);
    }

    [Fact]
    public void TryParse_OwnCorrelationId_WinsOverTheRequests() =>
        Assert.Equal("mine-7", Parse("""{"type":"t","data":null,"correlationId":"mine-7"}""").CorrelationId);

    [Theory]
    [InlineData("""{"type":"t","data":1,"partitionKey":"brand 7"}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","partitionkey":"brand 7","data":1}""")]
    public void TryParse_PartitionKey_IsTheEvents(string json) => Assert.Equal("brand 7", Parse(json).PartitionKey);

    [Fact]
    public void TryParse_WhatNeedNotBeThere_MayBeNull()
    {
        var @event = Parse("""{"type":"t","data":1,"partitionKey":null,"correlationId":null}""");

        Assert.Null(@event.PartitionKey);
        Assert.Equal("request-1", @event.CorrelationId);
    }

    [Fact]
    public void TryParse_CloudEventWithAttributesThatAreNull_HasNone()
    {
        var @event = Parse("""{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":null,"data_base64":null,"data":1}""");

        Assert.Equal("1"u8, @event.Data.Span);
    }

    [Fact]
    public void TryParse_CloudEvent_KeepsItsAttributesAndItsIdentity()
    {
        var @event = Parse(
            """{"specversion":"1.0","id":"a-1","source":"/prompts","type":"response.received","time":"2026-11-21T10:00:00Z","region":"eu","data":[1]}""");

        Assert.Equal("[1]", Encoding.UTF8.GetString(@event.Data.Span));
        Assert.Equal("/prompts", @event.Source);
        Assert.Equal(
            """{"specversion":"1.0","id":"a-1","source":"/prompts","type":"response.received","time":"2026-11-21T10:00:00Z","region":"eu"}""",
            Encoding.UTF8.GetString(@event.Attributes!.Value.Span));
        Assert.Equal(CloudEvent.DeduplicationKey("/prompts", "a-1"), @event.DeduplicationKey);
    }

    [Fact]
    public void TryParse_CloudEventWithBase64_DecodesTheJson() =>
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(Parse(
            """{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"eyJhIjoxfQ=="}""").Data.Span));

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("", "not valid JSON")]
    [InlineData("{\"type\":\"t\",\"data\":1", "not valid JSON: line 1")]
    [InlineData("{\"type\":\"t\",\"data\":1} x", "not valid JSON")]
    [InlineData("{\"data\":1}", "no 'type'")]
    [InlineData("{\"type\":\"\",\"data\":1}", "no 'type'")]
    [InlineData("{\"type\":null,\"data\":1}", "no 'type'")]
    [InlineData("{\"type\":7,\"data\":1}", "'type' is a JSON number; it must be a string")]
    [InlineData("{\"type\":\"a\\nb\",\"data\":1}", "control characters")]
    [InlineData("{\"type\":\"t\"}", "no 'data'")]
    [InlineData("{\"type\":\"t\",\"data\":\"\\u0000\"}", "'data' cannot be stored")]
    [InlineData("{\"type\":\"\\ud800\",\"data\":1}", "unpaired surrogate")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"correlationId\":\"a b\"}", "'correlationId' must be a string of 1 to 128")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"partitionKey\":\"\"}", "partition key must be a string of 1 to 256")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"partitionKey\":\"a\\nb\"}", "partition key must be a string of 1 to 256")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"partitionKey\":5}", "'partitionKey' is a JSON number; it must be a string")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"partitionKy\":\"a\"}", "The event has a member 'partitionKy'; a plain event has type, data, correlationId and partitionKey")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"id\":\"1\",\"source\":\"s\"}", "The event has a member 'id'; a plain event has type, data, correlationId and partitionKey, and a CloudEvent has a specversion.")]
    [InlineData("{\"type\":\"t\",\"data\":1,\"correlationId\":5}", "'correlationId' must be a string")]
    [InlineData("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"}", "specversion is '0.3'; only 1.0 is known")]
    [InlineData("{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"t\"}", "CloudEvent has no 'id'")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"t\"}", "CloudEvent has no 'source'")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"datacontenttype\":\"text/xml\",\"data\":\"<a/>\"}", "'text/xml'; events hold JSON")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"%\"}", "not a base64 string")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\\u0000\",\"type\":\"t\"}", "attributes cannot be stored: a string holds the character \\u0000")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"x\":\"\\udc00\"}", "an attribute with an unpaired surrogate")]
    public void TryParse_WhatIsNoEvent_SaysWhy(string json, string expected)
    {
        var fault = EventParser.TryParse(Encoding.UTF8.GetBytes(json), s_context, null, out var @event);

        Assert.NotNull(fault);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
        Assert.Null(@event);
    }

    private static StreamEvent Parse(string json)
    {
        var fault = EventParser.TryParse(Encoding.UTF8.GetBytes(json), s_context, null, out var @event);
        Assert.Null(fault);
        return @event!;
    }
}
