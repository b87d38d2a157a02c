using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>One event's text within a batch. <paramref name="Json"/> is null for one that is longer than an event may be.</summary>
/// <param name="Number">Its place, from 1: the line of NDJSON, or the element of an array.</param>
internal readonly record struct BatchLine(int Number, ReadOnlyMemory<byte>? Json);

/// <summary>Cuts the body of a batch into the texts of its events.</summary>
internal abstract class BatchReader(PipeReader body)
{
    /// <summary>As many bytes of NDJSON as the gateway lets through; an array is in memory as a whole and has the server's limit.</summary>
    private const long MaxStreamedBytes = 256 * 1024 * 1024;

    protected PipeReader Body { get; } = body;

    /// <summary>The reader for a request's content type, or null when it is not that of a batch.</summary>
    public static BatchReader? For(HttpRequest request, int maxEventBytes)
    {
        var maxBytes = maxEventBytes + EventsOptions.MaxEnvelopeBytes;
        switch ((request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant())
        {
            case "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines":
                if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                    limit.MaxRequestBodySize = MaxStreamedBytes;
                return new Lines(request.BodyReader, maxBytes);
            case "application/json" or "application/cloudevents-batch+json":
                return new Elements(request.BodyReader, maxBytes);
            default:
                return null;
        }
    }

    /// <summary>Reads the events' texts. A text is valid until the next one is asked for.</summary>
    /// <exception cref="FormatException">The body as a whole is not a batch; the message says why.</exception>
    public abstract IAsyncEnumerable<BatchLine> ReadAsync(CancellationToken cancellationToken);

    /// <summary>NDJSON: streamed, so that a body may be larger than memory. Blank lines do not count as events.</summary>
    private sealed class Lines(PipeReader body, int maxLineBytes) : BatchReader(body)
    {
        public override async IAsyncEnumerable<BatchLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var number = 0;
            var skipping = false;
            while (true)
            {
                var read = await Body.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (TryCutLine(ref rest, read.IsCompleted, out var line))
                {
                    number++;
                    if (skipping || line.Length > maxLineBytes)
                        yield return new BatchLine(number, null);
                    else if (!IsBlank(line))
                        yield return new BatchLine(number, line.ToArray());
                    skipping = false;
                }

                if (read.IsCompleted)
                {
                    Body.AdvanceTo(read.Buffer.End);
                    // The end of the body may come when all of an endless line has been dropped.
                    if (skipping)
                        yield return new BatchLine(number + 1, null);
                    yield break;
                }

                // The end of an endless line is not waited for in memory.
                if (rest.Length > maxLineBytes)
                {
                    skipping = true;
                    rest = rest.Slice(rest.End);
                }

                Body.AdvanceTo(rest.Start, rest.End);
            }
        }

        private static bool TryCutLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
        {
            if (rest.PositionOf((byte)'\n') is { } end)
            {
                line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                return true;
            }

            line = rest;
            if (!isLast || rest.IsEmpty)
                return false;
            rest = rest.Slice(rest.End);
            return true;
        }

        private static bool IsBlank(ReadOnlySequence<byte> line)
        {
            foreach (var segment in line)
            {
                if (segment.Span.ContainsAnyExcept(" \t\r"u8))
                    return false;
            }

            return true;
        }
    }

    /// <summary>A JSON array. It is only valid as a whole, so it is read as a whole.</summary>
    private sealed class Elements(PipeReader body, int maxElementBytes) : BatchReader(body)
    {
        public override async IAsyncEnumerable<BatchLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            using var whole = new MemoryStream();
            await Body.CopyToAsync(whole, cancellationToken);
            var json = whole.GetBuffer().AsMemory(0, (int)whole.Length);
            var number = 0;
            foreach (var element in Cut(json))
            {
                var text = json[element];
                yield return new BatchLine(++number, text.Length > maxElementBytes ? default(ReadOnlyMemory<byte>?) : text);
            }
        }

        private static List<Range> Cut(ReadOnlyMemory<byte> json)
        {
            var elements = new List<Range>();
            try
            {
                var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth + 2 });
                if (!reader.Read() || reader.TokenType is not JsonTokenType.StartArray)
                    throw new FormatException("The batch is not a JSON array of events.");
                while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    elements.Add(start..(int)reader.BytesConsumed);
                }

                // Reads on to the end, so that text after the array is noticed.
                while (reader.Read())
                {
                }

                return elements;
            }
            catch (JsonException e)
            {
                throw new FormatException($"The batch is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.", e);
            }
        }
    }
}
