using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ExpressionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Expression_WithHoles_ResolvesAndDescribesItself()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:user=me", "Parameters:word=a b");
        var (user, word) = (builder.AddParameter("user"), builder.AddParameter("word"));

        var expression = ReferenceExpression.Create($"x://{user}:{word.Resource:uri}@{"host"}/{{}}");

        Assert.Equal("x://me:a%20b@host/{}", await expression.GetValueAsync(Cancellation));
        Assert.Equal("x://{0}:{1}@host/{{}}", expression.Format);
        Assert.Equal("x://{user.value}:{word.value}@host/{}", expression.ValueExpression);
        Assert.Equal(["{user.value}", "{word.value}"], expression.ManifestExpressions);
        Assert.Equal(2, expression.ValueProviders.Count);
    }

    [Fact]
    public async Task Builder_Appending_BuildsOneExpression()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:user=me");
        var user = builder.AddParameter("user").Resource;
        var expression = new ReferenceExpressionBuilder();
        Assert.True(expression.IsEmpty);

        expression.AppendLiteral("a{");
        expression.Append($"{user}}}");
        expression.AppendFormatted(user);

        Assert.Equal("a{me}me", await expression.Build().GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task Conditional_ByValue_ChoosesOneSide()
    {
        using var builder = DistributedApplicationTestingBuilder.Create("Parameters:tls=true");
        var tls = builder.AddParameter("tls").Resource;

        var expression = ReferenceExpression.CreateConditional(
            tls, bool.TrueString, ReferenceExpression.Create($"on"), ReferenceExpression.Create($"off"));

        Assert.True(expression.IsConditional);
        Assert.Equal("on", await expression.GetValueAsync(Cancellation));
        Assert.Null(await ReferenceExpression.Empty.GetValueAsync(Cancellation));
    }

    [Fact]
    public async Task ConnectionString_OfAnExpression_IsInjected()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("Parameters:user=me", "ConnectionStrings:given=Server=1");
        var user = builder.AddParameter("user");
        var made = builder.AddConnectionString("made", ReferenceExpression.Create($"User={user}"));
        var given = builder.AddConnectionString("given", "GIVEN");
        builder.AddShell("worker", "echo got $ConnectionStrings__made $GIVEN; exec sleep 600").WithReference(made).WithReference(given);
        await using var app = await builder.StartAsync();

        Assert.Equal("got User=me Server=1", await app.LineAsync("worker", "got"));
        Assert.Equal("User=me", await app.GetConnectionStringAsync("made", Cancellation));
    }
}
