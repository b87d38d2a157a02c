using System.Text.Json.Serialization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events;

public sealed partial class EventsConfigurationTests
{
    [Theory]
    [InlineData("Streams:metrics.raw:MaxLength", "many", "'Events:Streams:metrics.raw:MaxLength' is 'many'; it must be a whole number (Int64).")]
    [InlineData("Streams:new:Retention", "long", "'Events:Streams:new:Retention' is 'long'; it must be a time such as 00:00:30 (TimeSpan).")]
    [InlineData("Streams:new:Overflow", "Drop", "'Events:Streams:new:Overflow' is 'Drop'; it must be one of Reject, TrimAcknowledged (OverflowPolicy).")]
    [InlineData("Streams:new:DeduplicateById", "maybe", "'Events:Streams:new:DeduplicateById' is 'maybe'; it must be true or false (Boolean).")]
    [InlineData("MaxEventBytes", "1k", "'Events:MaxEventBytes' is '1k'; it must be a whole number (Int32).")]
    [InlineData("MaxEventBytes:x", "1", "'Events:MaxEventBytes' is a section; it must be a whole number (Int32).")]
    [InlineData("Streams:new:MaxLenght", "5", "Events:Streams:new:MaxLenght is not a setting; those are MaxLength, ")]
    [InlineData("Steams:new:MaxLength", "5", "Events:Steams is not a setting; those are Streams, ")]
    public void Bind_BadSetting_NamesItAndWhatWasExpected(string key, string value, string expected) =>
        Assert.StartsWith(expected, Assert.Single(Assert.Throws<OptionsValidationException>(() => Options((key, value))).Failures), StringComparison.Ordinal);

    [Fact]
    public void Bind_SeveralBadSettings_TellsAll() =>
        Assert.Equal(2, Assert.Throws<OptionsValidationException>(() => Options(("Streams:a:MaxLength", "x"), ("MaxEventBytes", "y"))).Failures.Count());

    [Fact]
    public void Bind_OneSettingOfAKnownStream_LeavesItsOthers()
    {
        var options = Options(("Streams:metrics.raw:Partitions", "4"), ("Archive:BatchSize", "5"));

        Assert.Equal((50_000, 4), (options.Streams["metrics.raw"].MaxLength, options.Streams["metrics.raw"].Partitions));
    }

    [Theory]
    [InlineData("Partitions", "1025", "from 1 to 1024")]
    [InlineData("Retention", "00:00:00", "from 1 s to 3650 days")]
    public void Validate_OutOfRange_SaysTheRange(string setting, string value, string expected) =>
        Assert.Contains(
            expected,
            Assert.Single(Assert.Throws<OptionsValidationException>(() => Options(($"Streams:a:{setting}", value))).Failures),
            StringComparison.Ordinal);

    [Fact]
    public void Create_Payload_IsWrittenBySourceGeneration()
    {
        var @event = StreamEvent.Create("response.received", new Payload("gpt", 3), PayloadJson.Default.Payload);

        Assert.Equal("""{"Model":"gpt","Tokens":3}"""u8, @event.Data.Span);
        Assert.Equal("response.received", @event.Type);
    }

    private static EventsOptions Options(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Events:{setting.Key}", (string?)setting.Value)));
        builder.AddEventBus();
        using var host = builder.Build();
        return host.Services.GetRequiredService<IOptions<EventsOptions>>().Value;
    }

    internal sealed record Payload(string Model, int Tokens);

    [JsonSerializable(typeof(Payload))]
    internal sealed partial class PayloadJson : JsonSerializerContext;
}
