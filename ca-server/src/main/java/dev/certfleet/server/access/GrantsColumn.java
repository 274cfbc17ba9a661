package dev.certfleet.server.access;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;
import java.util.List;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Grants as the database keeps them: {@code [{"cluster": "*", "role": "admin"}]}. */
@Converter
class GrantsColumn implements AttributeConverter<Grants, String> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public String convertToDatabaseColumn(Grants grants) {
        return JSON.writeValueAsString(grants.all());
    }

    @Override
    public Grants convertToEntityAttribute(String column) {
        return new Grants(JSON.readValue(column, new TypeReference<List<Grant>>() {}));
    }
}
