using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>Bodies of requests: an event, a CloudEvent or a batch, well-formed, hostile and cut anywhere.</summary>
public sealed class EventRequestFuzz
{
    private const int Inputs = 100_000;

    private static readonly EventContext s_context = new("acme", "c-1", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", null);

    [Fact]
    public void Event_OfAnyText_IsTakenOrRefusedInASentence() => Fuzzing.Check(
        Inputs, JsonTexts.Bytes(Gen.Frequency((3, JsonTexts.Event), (1, JsonTexts.Any))), json => AssertTakenOrRefused(EventParser.TryParse(json.Bytes, s_context, null, out var @event), @event));

    [Fact]
    public void BinaryCloudEvent_OfAnyHeadersAndBody_IsTakenOrRefusedInASentence()
    {
        var value = Gen.Elements("", "1.0", "1", "/s", "t.happened", "%C3%A9", "%00", "%", "%ED%A0%80", "\u00e9", "a%0Ab", new string('x', 300));
        var header = Gen.Elements("ce-id", "ce-source", "ce-type", "ce-specversion", "CE-Type", "ce-", "ce-time", "content-type", "ce-subject").Zip(value);
        var inputs =
            from start in Gen.Elements(true, true, false)
            from headers in header.ArrayOf().ScaleSize(size => Math.Min(size, 8))
            from body in JsonTexts.Bytes(JsonTexts.Any)
            select (start, headers, body);

        Fuzzing.Check(Inputs / 4, inputs, input =>
        {
            var request = new DefaultHttpContext().Request;
            request.ContentType = "application/json";
            if (input.start)
                (request.Headers["ce-specversion"], request.Headers["ce-id"], request.Headers["ce-source"], request.Headers["ce-type"]) = ("1.0", "1", "/s", "t");
            foreach (var (name, content) in input.headers)
                request.Headers[name] = content;

            var fault = BinaryCloudEvent.TryRead(request, input.body.Bytes, s_context, out var @event);

            AssertTakenOrRefused(fault, @event);
        });
    }

    [Fact]
    public void Lines_CutAnywhere_AreThoseOfTheWhole()
    {
        var line = Gen.Frequency((3, JsonTexts.Bytes(JsonTexts.Event)), (1, Gen.Elements<byte[]>([], [32], [13], "\t \r"u8.ToArray()).Select(bytes => new Raw(bytes))));
        var inputs = line.ArrayOf().ScaleSize(size => Math.Min(size, 8)).Zip(Gen.Choose(1, 60));

        Fuzzing.Check(Inputs / 4, inputs, input =>
        {
            byte[] body = [.. input.Item1.SelectMany((part, i) => i == 0 ? part.Bytes : [(byte)'\n', .. part.Bytes])];
            var expected = Split(body).Select((text, i) => (i + 1, text)).Where(numbered => numbered.text.AsSpan().ContainsAnyExcept(" \t\r"u8));

            var lines = Read("application/x-ndjson", body, input.Item2);

            Assert.Equal(expected.Select(numbered => (numbered.Item1, Encoding.Latin1.GetString(numbered.text))), lines);
        });
    }

    [Fact]
    public void Array_OfAnyText_IsCutIntoItsElementsOrRefused()
    {
        var array = JsonTexts.Any.ArrayOf().ScaleSize(size => Math.Min(size, 6)).Select(items => $"[ {string.Join(" , ", items)} ]");
        var inputs = JsonTexts.Bytes(Gen.Frequency((3, array), (1, JsonTexts.Any))).Zip(Gen.Choose(1, 60));

        Fuzzing.Check(Inputs / 4, inputs, input =>
        {
            try
            {
                foreach (var (_, element) in Read("application/json", input.Item1.Bytes, input.Item2))
                    AssertTakenOrRefused(EventParser.TryParse(Encoding.Latin1.GetBytes(element), s_context, null, out var @event), @event);
            }
            catch (FormatException e)
            {
                Assert.StartsWith("The batch is not ", e.Message, StringComparison.Ordinal);
            }
        });
    }

    private static void AssertTakenOrRefused(string? fault, StreamEvent? @event)
    {
        if (fault is not null)
        {
            Assert.Null(@event);
            Assert.EndsWith(".", fault, StringComparison.Ordinal);
            return;
        }

        // What is answered with 202 must reach the store: through the stream, and into columns that hold no NUL.
        Assert.True(EventEntry.TryRead("1-0", EntryFields.Rent().Write(@event!), out var read, out var problem), problem);
        Assert.Equal(@event!.Id, read!.Id);
        Assert.DoesNotContain('\0', $"{read.Type}{read.Source}{read.CorrelationId}");
    }

    private static IEnumerable<byte[]> Split(byte[] body)
    {
        while (Array.IndexOf(body, (byte)'\n') is var end and >= 0)
        {
            yield return body[..end];
            body = body[(end + 1)..];
        }

        yield return body;
    }

    /// <summary>Reads a batch whose body comes in pieces; all of it is there, so nothing is waited for.</summary>
    private static List<(int Number, string Text)> Read(string contentType, byte[] body, int piece)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = contentType;
        http.Features.Set<IRequestBodyPipeFeature>(new PipeBody(Pieces(body, piece)));
        var lines = new List<(int, string)>();
        var reading = ReadAsync();
        Assert.True(reading.IsCompleted);
        reading.GetAwaiter().GetResult();
        return lines;

        async Task ReadAsync()
        {
            await foreach (var line in BatchReader.For(http.Request, maxEventBytes: 1024 * 1024)!.ReadAsync(TestContext.Current.CancellationToken))
                lines.Add((line.Number, Encoding.Latin1.GetString(line.Json!.Value.Span)));
        }
    }

    private static ReadOnlySequence<byte> Pieces(byte[] body, int piece)
    {
        var first = new Segment(body.AsMemory(0, Math.Min(piece, body.Length)), null);
        var last = first;
        for (var at = piece; at < body.Length; at += piece)
            last = new Segment(body.AsMemory(at, Math.Min(piece, body.Length - at)), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class PipeBody(ReadOnlySequence<byte> body) : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; } = PipeReader.Create(body);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
